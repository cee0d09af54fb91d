import { Decision_Verdict as Verdict, Job_State as State, type Decision } from '@kontor/contracts/compute/v1/compute';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { enterScope, inScope } from '@kontor/kit/tenant-scope';
import { Not, type EntityManager } from 'typeorm';
import { admit, ruleOf } from '../admission.ts';
import type { Rule } from '../admission/rule.ts';
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

/** Read at once from the queue. */
const JOBS_AT_ONCE = 500;

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
  const { db, clock } = ports;
  await inScope(db, 'all', (tx) => lockPools(tx, acceleratorClass, clock.now()));
  let room = await readyRoom(ports, acceleratorClass);
  if (hasNothingFor(room)) return 0;

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
  for await (const job of queueOf(ports, acceleratorClass, atTheirLimit)) {
    if (hasNothingFor(room)) break;
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
    const { state, waitsFor } = await inScope(db, 'all', (tx) => judgeAgain(tx, ports, job, budget));
    if (waitsFor === 'budget') atTheirLimit.add(job.projectId);
    if (state !== State.QUEUED) moved++;
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

/** No device is free, and nobody would leave for anybody. */
const hasNothingFor = ({ pools, holders }: Room): boolean =>
  pools.every(({ nodes }) => nodes.every(({ freeDevices }) => freeDevices.length === 0)) && !holders.some(mayGiveWay);

/** Those that wait, in the order in which they came, but for projects that are passed over as soon as they are. */
async function* queueOf(
  { db }: Ports,
  acceleratorClass: string,
  passedOver: ReadonlySet<string>,
): AsyncGenerator<JobRow> {
  let last: JobRow | undefined;
  do {
    const jobs: JobRow[] = await inScope(db, 'all', (tx) => readQueue(tx, acceleratorClass, passedOver, last));
    yield* jobs;
    last = jobs.at(-1);
  } while (last);
}

function readQueue(
  tx: EntityManager,
  acceleratorClass: string,
  passedOver: ReadonlySet<string>,
  last?: JobRow,
): Promise<JobRow[]> {
  const query = tx
    .createQueryBuilder(JobRow, 'job')
    .select(LOOKED_AT.map((column) => `job.${column}`))
    .where({ acceleratorClass, state: State.QUEUED, waitsFor: Not('suspended') })
    .andWhere('job.projectId <> ALL(:passedOver::uuid[])', { passedOver: [...passedOver] })
    .orderBy({ 'job.createdAt': 'ASC', 'job.tenantId': 'ASC', 'job.id': 'ASC' })
    .limit(JOBS_AT_ONCE);
  if (last) query.andWhere('(job.createdAt, job.tenantId, job.id) > (:createdAt, :tenantId, :id)', { ...last });
  return query.getMany();
}

const LOOKED_AT: (keyof JobRow)[] = [
  'tenantId',
  'id',
  'projectId',
  'acceleratorClass',
  'devices',
  'cores',
  'memoryBytes',
  'waitsFor',
  'createdAt',
];

interface Judged {
  state: State;
  /** The rule that has it wait on. */
  waitsFor?: Rule['name'];
}

/**
 * What becomes of a queued job that would find room: its state after one transaction under the pool's lock. Who has
 * room is seen across tenants; what follows is written as the job's tenant.
 */
async function judgeAgain(
  tx: EntityManager,
  ports: Ports,
  { tenantId, id, acceleratorClass }: JobRow,
  budget: Budget,
): Promise<Judged> {
  await lockPools(tx, acceleratorClass, ports.clock.now());
  const job = await tx.findOne(JobRow, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  if (job?.state !== State.QUEUED) return { state: State.CANCELLED };

  const { request, snapshot } = await readQueued(tx, ports, job, budget);
  const decision = admit(request, snapshot);
  const at = snapshot.takenAt;
  await enterScope(tx, { tenantId });
  if (decision.verdict === Verdict.QUEUED) {
    await keepWaiting(tx, job, decision);
    return { state: State.QUEUED, waitsFor: ruleOf(decision) };
  }
  await keepDecision(tx, request, snapshot, decision);
  if (!decision.placement) {
    const cause = decision.rule === 'budget' ? Cause.BUDGET : Cause.SITE;
    await changeJob(tx, job, { ...endedColumns(at), state: State.FAILED, cause, detail: decision.detail }, at);
    return { state: State.FAILED };
  }
  await changeJob(
    tx,
    job,
    placedColumns(decision, decision.placement, job.workload, ports.settings.terms.cover, at),
    at,
  );
  await occupySlots(tx, job, decision.placement, at);
  return { state: State.PLACED };
}

/**
 * Jobs that wait for their own project's limit must not hold room for which others wait: all of the project's jobs of
 * the class step aside, and come back in their old order once the limit allows.
 */
async function keepWaiting(tx: EntityManager, job: JobRow, decision: Decision): Promise<void> {
  const { detail } = decision;
  const rule = ruleOf(decision);
  const { tenantId, projectId, acceleratorClass, id } = job;
  if (detail !== job.detail) await tx.update(JobRow, { tenantId, id }, { detail });
  const those = rule === 'budget' ? { tenantId, projectId, acceleratorClass, state: State.QUEUED } : { tenantId, id };
  await tx.update(JobRow, { ...those, waitsFor: Not(rule) }, { waitsFor: rule });
}
