import { Decision_Verdict as Verdict, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { journal } from '@kontor/kit/journal';
import { enterScope, inScope } from '@kontor/kit/tenant-scope';
import { In, type EntityManager } from 'typeorm';
import { admit } from '../admission.ts';
import { mayHost } from '../admission/capacity.ts';
import type { Budget } from '../budget.ts';
import { heldBy, isLeaving, mayGiveWay } from '../coming-room.ts';
import { whoGivesWay, without } from '../giving-way.ts';
import type { Ports } from '../ports.ts';
import { firstFit } from '../queue-forecast.ts';
import { lockPools, readRoom } from '../room.ts';
import { readQueued } from '../snapshot.ts';
import { JobRow } from '../tables.ts';

/**
 * Has jobs at low priority leave whose places a queued job needs, and answers how many. None where it would still not
 * be placed then, such as for want of money. The reconciler stops them; the queued job is placed when they are gone.
 */
export const makeWay = (ports: Ports, job: JobRow, budget: Budget): Promise<number> =>
  inScope(ports.db, 'all', (tx) => askToLeave(tx, ports, job, budget));

async function askToLeave(
  tx: EntityManager,
  ports: Ports,
  { tenantId, id, acceleratorClass }: JobRow,
  budget: Budget,
): Promise<number> {
  await lockPools(tx, acceleratorClass, ports.clock.now());
  const job = await tx.findOneBy(JobRow, { tenantId, id });
  if (job?.state !== State.QUEUED) return 0;

  const { request, snapshot } = await readQueued(tx, ports, job, budget);
  const { holders } = await readRoom(tx, acceleratorClass, snapshot.takenAt);
  const coming = without(snapshot.pools, holders.filter(isLeaving).map(heldBy));
  const hosts = snapshot.pools.filter((pool) => pool.isReady && mayHost(pool, tenantId, snapshot.terms));
  const open = coming.filter(({ id: poolId }) => hosts.some((host) => host.id === poolId));
  const scene = firstFit({ pools: open, holdings: snapshot.holdings, waiting: snapshot.ahead }, snapshot.takenAt);
  const those = whoGivesWay(job, scene.pools, holders.filter(mayGiveWay).map(heldBy));

  const then = new Map(without(coming, those).map((pool) => [pool.id, pool.nodes]));
  const pools = snapshot.pools.map((pool) => ({ ...pool, nodes: then.get(pool.id) ?? pool.nodes }));
  if (those.length === 0 || admit(request, { ...snapshot, pools }).verdict !== Verdict.PLACED) return 0;
  let told = 0;
  for (const { job: low } of those) if (await tell(tx, low, snapshot.takenAt)) told++;
  return told;
}

/**
 * Written as the tenant of the job that leaves, unless it has ended meanwhile. Whoever works on it sees by its version
 * that it has to.
 */
async function tell(tx: EntityManager, { tenantId, id, state, node }: JobRow, at: Date): Promise<boolean> {
  await enterScope(tx, { tenantId });
  const { affected } = await tx.update(
    JobRow,
    { tenantId, id, isGivingWay: false, state: In([State.RUNNING, State.PAUSED]) },
    { isGivingWay: true, nextAt: at, resourceVersion: () => 'resource_version + 1' },
  );
  if (affected !== 1) return false;
  const before = { state: State[state], node };
  await journal(tx, [{ at, actor: 'compute', action: 'job.giving_way', subject: id, tenantId, before }]);
  return true;
}
