import type { Workload } from '@kontor/contracts/engine/v1/engine';
import { problemOf } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { changeJob, Superseded } from '../change-job.ts';
import { renewClaim } from '../claims.ts';
import { engineJobId } from '../job-id.ts';
import { hasEnded } from '../job-state.ts';
import { notAccepted } from '../outcome.ts';
import type { Ports } from '../ports.ts';
import { JobRow } from '../tables.ts';
import { concludedColumns } from './conclude.ts';
import { isFinal, type Progress } from './step.ts';

/**
 * Hands a job to the engine: first the inputs that the engine lacks, then the job itself under a name that follows from
 * its id. Nothing is written down here: what the engine answers now, it answers again after any crash.
 *
 * Inputs may take longer than a claim, so it is renewed before the engine is asked. Should the engine itself have taken
 * longer, and somebody else have ended the job meanwhile, it is stopped again.
 */
export async function start(ports: Ports, job: JobRow): Promise<Progress> {
  const jobId = engineJobId(job);
  try {
    await stageInputs(ports, job.workload);
    await ports.failpoint('compute.before-submit');
    await renewClaim(ports, job);
    const seen = await ports.engine.submit({
      jobId,
      workload: job.workload,
      node: job.node ?? '',
      devices: job.placedDevices ?? [],
      coverMs: job.coverMs,
    });
    await ports.failpoint('compute.after-submit');
    const { tenantId, id } = job;
    const now = await inScope(ports.db, job, (tx) => tx.findOneByOrFail(JobRow, { tenantId, id }));
    if (hasEnded(now.state)) await ports.engine.stop({ jobId });
    return { job, seen };
  } catch (error) {
    if (error instanceof Superseded) throw error;
    const problem = problemOf(error);
    if (!isFinal(problem)) throw problem;
    const at = ports.clock.now();
    return {
      job: await inScope(ports.db, job, (tx) => changeJob(tx, job, concludedColumns(notAccepted(problem.detail)), at)),
    };
  }
}

async function stageInputs({ engine, files }: Ports, { inputs }: Workload): Promise<void> {
  if (inputs.length === 0) return;
  const { sha256: missing } = await engine.listMissingFiles({
    sha256: [...new Set(inputs.map(({ sha256 }) => sha256))],
  });
  for (const sha256 of missing) await engine.stageFile(messages(sha256, files.read(sha256)));
}

/** The first message names the file, also when it is empty. */
async function* messages(
  sha256: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncIterable<{ sha256?: string; data: Uint8Array }> {
  yield { sha256, data: new Uint8Array() };
  for await (const data of chunks) yield { data };
}
