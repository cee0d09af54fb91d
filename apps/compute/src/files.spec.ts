import { createHash } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { ComputeUnderTest } from '../testing/compute-under-test.ts';

const digestOf = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const DATA = Buffer.from('ten digits');
const DIGEST = digestOf(DATA);

type Project = Pick<ProjectRef, 'tenantId' | 'projectId'>;

async function* pieces(project: Project | undefined, sha256: string, data: Buffer, bytes = 4) {
  for (let at = 0; at === 0 || at < data.length; at += bytes) {
    yield { ...(at === 0 && { ...(project && { project }), sha256 }), data: data.subarray(at, at + bytes) };
  }
}

const upload = (compute: ComputeUnderTest, project: Project | undefined, data = DATA, sha256 = digestOf(data)) =>
  compute.life.client.uploadFile(pieces(project, sha256, data));

const kept = async (compute: ComputeUnderTest): Promise<string[]> =>
  (await readdir(join(compute.directory, 'uploads'), { recursive: true })).filter((name) => name.length > 8).sort();

describe('an uploaded file', () => {
  it('is kept by its project and digest, once', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    expect(await upload(compute, project)).toMatchObject({ sha256: DIGEST, sizeBytes: 10n });
    expect(await upload(compute, project)).toMatchObject({ sha256: DIGEST, sizeBytes: 10n });

    expect(await compute.life.client.getFile({ project, sha256: DIGEST })).toMatchObject({ sizeBytes: 10n });
    expect(await kept(compute)).toEqual([join(DIGEST.slice(0, 2), DIGEST)]);
    expect(await compute.journal(DIGEST)).toEqual(['file.keep']);
  });

  it('is there for no other project until that uploads it too', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    await upload(compute, project);
    const stranger = compute.project({ tenantId: project.tenantId });
    await expect(compute.life.client.getFile({ project: stranger, sha256: DIGEST })).rejects.toMatchObject({
      code: 'file_not_found',
    });
    await upload(compute, stranger);
    expect(await compute.life.client.getFile({ project: stranger, sha256: DIGEST })).toMatchObject({ sizeBytes: 10n });
  });

  it('may be empty', async () => {
    await using compute = await ComputeUnderTest.start();
    expect(await upload(compute, compute.project(), Buffer.alloc(0))).toMatchObject({ sizeBytes: 0n });
  });

  it('sent twice at once is kept once', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    await Promise.all(Array.from({ length: 10 }, () => upload(compute, project)));
    expect(await compute.journal(DIGEST)).toEqual(['file.keep']);
  });

  it.each([
    ['whose digest is another', DATA, 'a'.repeat(64), 'digest_mismatch'],
    ['that is larger than allowed', Buffer.alloc(1_000_001), undefined, 'file_too_large'],
  ])('%s is refused, and nothing of it is kept', async (_, data, sha256, code) => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    await expect(
      compute.life.client.uploadFile(pieces(project, sha256 ?? digestOf(data), data, 100_000)),
    ).rejects.toMatchObject({ code });
    expect(await kept(compute)).toEqual([]);
    await expect(compute.life.client.getFile({ project, sha256: digestOf(data) })).rejects.toMatchObject({
      code: 'file_not_found',
    });
  });

  it("that says nobody's name is refused", async () => {
    await using compute = await ComputeUnderTest.start();
    await expect(upload(compute, undefined)).rejects.toMatchObject({ code: 'file_unnamed' });
    await expect(
      compute.life.client.uploadFile(
        (async function* () {
          /* says nothing */
        })(),
      ),
    ).rejects.toMatchObject({ code: 'file_unnamed' });
  });

  it('that becomes another on the way is refused', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    const twoFiles = async function* () {
      yield* pieces(project, DIGEST, DATA);
      yield { project: compute.project(), data: Buffer.from('x') };
    };
    await expect(compute.life.client.uploadFile(twoFiles())).rejects.toMatchObject({ code: 'file_renamed' });
    expect(await kept(compute)).toEqual([]);
  });

  it('whose sender goes away in the middle leaves nothing', async () => {
    await using compute = await ComputeUnderTest.start();
    const broken = async function* () {
      yield* pieces(compute.project(), DIGEST, DATA.subarray(0, 5));
      throw new Error('The line went dead.');
    };
    await expect(compute.life.client.uploadFile(broken())).rejects.toThrow();
    expect(await kept(compute)).toEqual([]);
  });

  it('that a crash left half written is cleared away', async () => {
    await using compute = await ComputeUnderTest.start();
    await writeFile(join(compute.directory, 'uploads', 'arriving', '01234567-half'), 'ha');
    await compute.restart();
    expect(await kept(compute)).toEqual([]);
  });
});

describe('an input', () => {
  const inputs = [
    { path: 'digits.bin', sha256: DIGEST },
    { path: 'again.bin', sha256: DIGEST },
  ];

  it('is laid out at the engine, once, before the job starts', async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    await upload(compute, project);
    const { id } = await compute.submit(project, { inputs });

    expect((await compute.end(project, id)).state).toBe(State.SUCCEEDED);
    expect(compute.engine.files.get(DIGEST)?.equals(DATA)).toBe(true);
  });

  it("of another project is none of this one's", async () => {
    await using compute = await ComputeUnderTest.start();
    await upload(compute, compute.project());
    await expect(compute.submit(compute.project(), { inputs })).rejects.toMatchObject({ code: 'refused_by_shape' });
  });

  it("that we have lost is the site's fault", async () => {
    await using compute = await ComputeUnderTest.start();
    const project = compute.project();
    await upload(compute, project);
    const { id } = await compute.submit(project, { inputs });
    await rm(join(compute.directory, 'uploads', DIGEST.slice(0, 2)), { recursive: true });
    expect(await compute.end(project, id)).toMatchObject({
      state: State.FAILED,
      detail: expect.stringContaining('There is no file'),
    });
  });
});
