import { Decision_Verdict as Verdict, Job_State as State, type Decision } from '@kontor/contracts/compute/v1/compute';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { enterScope, inScope } from '@kontor/kit/tenant-scope';
import { Not, type EntityManager } from 'typeorm';
import { admit } from '../admission.ts';
import type { PoolOffer } from '../admission/rule.ts';
import { readBudget, type Budget } from '../budget.ts';
import { ComingRoom, mayGiveWay } from '../coming-room.ts';
import { changeJob } from '../change-job.ts';
import { keepDecision } from '../decisions.ts';
import { bestFit } from '../placement.ts';
import { occupySlots, placedColumns } from '../place-job.ts';
import type { Ports } from '../ports.ts';
import { lockPools, readRoom, type Room } from '../room.ts';
import { readQueued } from '../snapshot.ts';
import { JobRow } from '../tables.ts';
import { makeWay } from './make-way.ts';
import { endedColumns } from './settle.ts';

/** Looked at in one turn; those behind them have their turn when these are placed. */
const QUEUE_MAX = 1_000;

/**
 * Admits again those that wait, in the order in which they came, and answers how many stopped waiting. The first that
 * fits is placed: a large job holds up no small one behind it. For one that does not fit, jobs at low priority are
 * asked to leave where that would make room; it waits on until they have.
 */
export async function placeQueued(ports: Ports): Promise<number> {
  const classes = await inScope(ports.db, 'all', (tx) =>
    tx.query<{ name: string }[]>('SELECT DISTINCT accelerator_class AS name FROM job WHERE state = $1', [State.QUEUED]),
  );
  let moved = 0;
  for (const { name } of classes) moved += await placeQueuedOf(ports, name);
  return moved;
}

async function placeQueuedOf(ports: Ports, acceleratorClass: string): Promise<number> {
  const { db } = ports;
  let room = await readyRoom(ports, acceleratorClass);
  if (isFull(room.pools) && !room.holders.some(mayGiveWay)) return 0;

  const budgets = new Map<string, Budget>();
  const budgetOf = async (job: JobRow): Promise<Budget> => {
    const budget = budgets.get(job.projectId) ?? (await readBudget(ports, job));
    budgets.set(job.projectId, budget);
    return budget;
  };
  const atTheirLimit = new Set<string>();
  /** Devices for which making way would not have helped, by project: for fewer of them it may. */
  const notHelped = new Map<string, number>();
  const coming = new ComingRoom(room);
  let moved = 0;
  for (const job of await readQueue(ports, acceleratorClass)) {
    if (atTheirLimit.has(job.projectId)) continue;
    if (bestFit(job, room.pools) === undefined) {
      if (job.devices < (notHelped.get(job.projectId) ?? Infinity) && coming.needsThatSomeLeave(job)) {
        const told = await makeWay(ports, job, await budgetOf(job));
        if (told > 0) coming.see((room = await readyRoom(ports, acceleratorClass)));
        else notHelped.set(job.projectId, job.devices);
        moved += told;
      }
      if (job.waitsFor === 'placement') coming.promise(job);
      continue;
    }
    const budget = await budgetOf(job);
    const state = await inScope(db, 'all', (tx) => judgeAgain(tx, ports, job, budget));
    if (state === State.QUEUED) atTheirLimit.add(job.projectId);
    else moved++;
    if (state !== State.PLACED) continue;
    await ports.failpoint('compute.after-occupy');
    coming.see((room = await readyRoom(ports, acceleratorClass)));
  }
  return moved;
}

async function readyRoom({ db, clock }: Ports, acceleratorClass: string): Promise<Room> {
  const { pools, holders } = await inScope(db, 'all', (tx) => readRoom(tx, acceleratorClass, clock.now()));
  return { pools: pools.filter(({ isReady }) => isReady), holders };
}

const isFull = (room: PoolOffer[]): boolean =>
  room.every(({ nodes }) => nodes.every(({ freeDevices }) => freeDevices.length === 0));

const readQueue = ({ db }: Ports, acceleratorClass: string): Promise<JobRow[]> =>
  inScope(db, 'all', (tx) =>
    tx.find(JobRow, {
      where: { acceleratorClass, state: State.QUEUED, waitsFor: Not('suspended') },
      order: { createdAt: 'ASC', tenantId: 'ASC', id: 'ASC' },
      select: {
        tenantId: true,
        id: true,
        projectId: true,
        acceleratorClass: true,
        devices: true,
        cores: true,
        memoryBytes: true,
        waitsFor: true,
      },
      take: QUEUE_MAX,
    }),
  );

/**
 * What becomes of a queued job that would find room: its state after one transaction under the pool's lock. Who has
 * room is seen across tenants; what follows is written as the job's tenant.
 */
async function judgeAgain(
  tx: EntityManager,
  ports: Ports,
  { tenantId, id, acceleratorClass }: JobRow,
  budget: Budget,
): Promise<State> {
  await lockPools(tx, acceleratorClass);
  const job = await tx.findOne(JobRow, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  if (job?.state !== State.QUEUED) return State.CANCELLED;

  const { request, snapshot } = await readQueued(tx, ports, job, budget);
  const decision = admit(request, snapshot);
  const at = snapshot.takenAt;
  await enterScope(tx, { tenantId });
  if (decision.verdict === Verdict.QUEUED) {
    await keepWaiting(tx, job, decision);
    return State.QUEUED;
  }
  await keepDecision(tx, request, snapshot, decision);
  if (!decision.placement) {
    const cause = decision.rule === 'budget' ? Cause.BUDGET : Cause.SITE;
    await changeJob(tx, job, { ...endedColumns(at), state: State.FAILED, cause, detail: decision.detail }, at);
    return State.FAILED;
  }
  await changeJob(
    tx,
    job,
    placedColumns(decision, decision.placement, job.workload, ports.settings.terms.cover, at),
    at,
  );
  await occupySlots(tx, job, decision.placement, at);
  return State.PLACED;
}

/**
 * Jobs that wait for their own project's limit must not hold room for which others wait: all of the project's jobs of
 * the class step aside, and come back in their old order once the limit allows.
 */
async function keepWaiting(tx: EntityManager, job: JobRow, { rule, detail }: Decision): Promise<void> {
  const { tenantId, projectId, acceleratorClass, id } = job;
  if (detail !== job.detail) await tx.update(JobRow, { tenantId, id }, { detail });
  const those = rule === 'budget' ? { tenantId, projectId, acceleratorClass, state: State.QUEUED } : { tenantId, id };
  await tx.update(JobRow, { ...those, waitsFor: Not(rule) }, { waitsFor: rule });
}
