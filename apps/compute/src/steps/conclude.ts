import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import type { Observation } from '@kontor/contracts/engine/v1/engine';
import { inScope } from '@kontor/kit/tenant-scope';
import { changeJob } from '../change-job.ts';
import type { Outcome } from '../outcome.ts';
import type { Ports } from '../ports.ts';
import type { JobRow } from '../tables.ts';
import { usageColumns } from './follow.ts';
import type { Progress } from './step.ts';

/** Writes down how a job ends, with its final use. What is written here is what will be posted. */
export async function conclude(ports: Ports, job: JobRow, outcome: Outcome, seen?: Observation): Promise<Progress> {
  const at = ports.clock.now();
  const changes: Partial<JobRow> = {
    ...concludedColumns(outcome),
    ...(seen && usageColumns(job, seen)),
    ...(seen?.exitCode !== undefined && { exitCode: seen.exitCode }),
    ...(seen?.startedAt && { startedAt: timestampDate(seen.startedAt) }),
    outputs: seen?.outputs ?? [],
  };
  return { job: await inScope(ports.db, job, (tx) => changeJob(tx, job, changes, at)) };
}

export const concludedColumns = ({ state, cause, detail, settlement }: Outcome): Partial<JobRow> => ({
  state: State.STOPPING,
  outcome: state,
  cause,
  detail,
  settlement,
});
