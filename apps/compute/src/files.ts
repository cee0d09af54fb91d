import type { File, GetFileRequest, UploadFileRequest } from '@kontor/contracts/compute/v1/compute';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import type { Ports } from './ports.ts';
import { FileRow } from './tables.ts';

type KeptFile = Pick<File, 'sha256' | 'sizeBytes'>;

/**
 * Keeps one input file of a project. The bytes come first, then the row: a crash between them leaves bytes that nobody
 * knows of and the next upload of the same file replaces.
 */
export async function uploadFile(
  ports: Ports,
  requests: AsyncIterable<UploadFileRequest>,
  { actor }: Call,
): Promise<KeptFile> {
  const arriving = requests[Symbol.asyncIterator]();
  const { value: first } = (await arriving.next()) as IteratorResult<UploadFileRequest, undefined>;
  if (!first?.project || !first.sha256) {
    throw Problem.invalid(
      'file_unnamed',
      'The first message does not say whose file it is and what its digest is.',
      'Send project and sha256 in the first message.',
    );
  }
  const { tenantId, projectId } = first.project;
  const { sha256 } = first;
  const sizeBytes = BigInt(await ports.files.keep(sha256, dataOf(first, { [Symbol.asyncIterator]: () => arriving })));
  await inScope(ports.db, { tenantId }, async (tx) => {
    const createdAt = ports.clock.now();
    const row = { tenantId, projectId, sha256, sizeBytes, createdAt };
    const { raw } = await tx
      .createQueryBuilder()
      .insert()
      .into(FileRow)
      .values(row)
      .orIgnore()
      .returning('sha256')
      .execute();
    if ((raw as unknown[]).length === 0) return;
    await journal(tx, [
      { at: createdAt, actor, action: 'file.keep', subject: sha256, tenantId, after: { projectId, sizeBytes } },
    ]);
  });
  return { sha256, sizeBytes };
}

/** @throws Problem where the project does not keep it, whoever else does */
export async function getFile({ db }: Ports, request: GetFileRequest): Promise<KeptFile> {
  const { tenantId, projectId } = projectOf(request);
  const { sha256 } = request;
  const file = await inScope(db, { tenantId }, (tx) => tx.findOneBy(FileRow, { tenantId, projectId, sha256 }));
  if (!file) throw Problem.notFound('file', sha256);
  return file;
}

async function* dataOf(first: UploadFileRequest, rest: AsyncIterable<UploadFileRequest>): AsyncIterable<Uint8Array> {
  yield first.data;
  for await (const { data, sha256, project } of rest) {
    if ((sha256 && sha256 !== first.sha256) || (project && isOther(project, first.project))) {
      throw Problem.invalid('file_renamed', 'A later message names another file.', 'Send one file in one call.');
    }
    yield data;
  }
}

const isOther = (a: ProjectRef, b: ProjectRef | undefined): boolean =>
  a.tenantId !== b?.tenantId || a.projectId !== b.projectId;
