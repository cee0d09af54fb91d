import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { Observation_State as Seen, type Observation } from '@kontor/contracts/engine/v1/engine';
import { Problem } from '@kontor/kit/problem';
import type { ClusterWatch } from './clusters.ts';
import { engineJobId } from './job-id.ts';
import type { Ports } from './ports.ts';
import type { JobRow } from './tables.ts';

/** Whether what is to be done next depends on what the engine says. */
const isOfInterest = ({ state, outcome }: JobRow): boolean => state > State.PLACED && outcome === null;

/**
 * What the engine says of these jobs, in one call, by the name that the engine knows them by. Those it does not know
 * are left out.
 *
 * @throws Problem where it cannot be reached: nothing may be concluded from silence
 */
export async function observe(
  { engine }: Ports,
  jobs: JobRow[],
  clusters: ClusterWatch,
): Promise<Map<string, Observation>> {
  const jobIds = jobs.filter(isOfInterest).map(engineJobId);
  if (jobIds.length === 0) return new Map();
  try {
    const { observations } = await engine.observe({ jobIds });
    return new Map(observations.map((seen) => [seen.jobId, seen]));
  } catch (error) {
    await clusters.lose(error);
    throw error;
  }
}

/**
 * What the engine could tell of one job.
 *
 * @throws Problem where it knows the job and cannot tell: neither may anything be concluded from that
 */
export function told(seen: Observation | undefined): Observation | undefined {
  if (seen?.state !== Seen.UNSPECIFIED) return seen;
  throw Problem.unavailable('job_unreadable', `Its cluster cannot tell how it is: ${seen.detail}`);
}
