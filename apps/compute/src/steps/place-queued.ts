import { Decision_Verdict as Verdict, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { transaction } from '@kontor/kit/database';
import type { EntityManager } from 'typeorm';
import { admit } from '../admission.ts';
import { readBudget, type Budget } from '../budget.ts';
import { changeJob } from '../change-job.ts';
import { keepDecision } from '../decisions.ts';
import { bestFit } from '../placement.ts';
import { occupySlots, placedColumns } from '../place-job.ts';
import type { Ports } from '../ports.ts';
import { lockPools, readRoom, readSnapshot, requestOf } from '../snapshot.ts';
import { JobRow } from '../tables.ts';
import { endedColumns } from './settle.ts';

/** Looked at in one turn; those behind them have their turn when these are placed. */
const QUEUE_MAX = 1_000;

/**
 * Admits again those that wait, in the order in which they came, and answers how many stopped waiting. The first that
 * fits is placed: a large job holds up no small one behind it.
 */
export async function placeQueued(ports: Ports): Promise<number> {
  const classes = await ports.db.query<{ name: string }[]>(
    'SELECT DISTINCT accelerator_class AS name FROM job WHERE state = $1', [State.QUEUED]);
  let moved = 0;
  for (const { name } of classes) moved += await placeQueuedOf(ports, name);
  return moved;
}

async function placeQueuedOf(ports: Ports, acceleratorClass: string): Promise<number> {
  const { db, clock } = ports;
  const readyRoom = async () => (await readRoom(db.manager, acceleratorClass, clock.now())).filter(({ isReady }) => isReady);
  const queue = await db.manager.find(JobRow, {
    where: { acceleratorClass, state: State.QUEUED }, order: { createdAt: 'ASC', tenantId: 'ASC', id: 'ASC' }, take: QUEUE_MAX,
  });
  const budgets = new Map<string, Budget>();
  const atTheirLimit = new Set<string>();
  let room = await readyRoom();
  let moved = 0;
  for (const job of queue) {
    if (atTheirLimit.has(job.projectId) || bestFit(job, room) === undefined) continue;
    const budget = budgets.get(job.projectId) ?? await readBudget(ports, job);
    budgets.set(job.projectId, budget);
    const state = await transaction(db, (tx) => judgeAgain(tx, ports, job, budget));
    if (state === State.QUEUED) atTheirLimit.add(job.projectId);
    else moved++;
    if (state === State.PLACED) {
      await ports.failpoint('compute.after-occupy');
      room = await readyRoom();
    }
  }
  return moved;
}

/** What becomes of a queued job that would find room: its state after one transaction under the pool's lock. */
async function judgeAgain(tx: EntityManager, ports: Ports, { tenantId, id, acceleratorClass }: JobRow, budget: Budget): Promise<State> {
  await lockPools(tx, acceleratorClass);
  const job = await tx.findOne(JobRow, { where: { tenantId, id }, lock: { mode: 'pessimistic_write' } });
  if (job?.state !== State.QUEUED) return State.CANCELLED;

  const request = requestOf(job);
  const snapshot = await readSnapshot(tx, ports, request, budget, job.createdAt);
  const decision = admit(request, snapshot);
  const at = snapshot.takenAt;
  if (decision.verdict === Verdict.QUEUED) {
    await keepWaiting(tx, job, decision.rule, decision.detail);
    return State.QUEUED;
  }
  await keepDecision(tx, request, snapshot, decision);
  if (!decision.placement) {
    const cause = decision.rule === 'budget' ? Cause.BUDGET : Cause.SITE;
    await changeJob(tx, job, { ...endedColumns(at), state: State.FAILED, cause, detail: decision.detail }, at);
    return State.FAILED;
  }
  await changeJob(tx, job, placedColumns(decision, decision.placement, job.workload, ports.settings.terms.cover, at), at);
  await occupySlots(tx, job, decision.placement, at);
  return State.PLACED;
}

/**
 * Jobs that wait for their own project's limit must not hold room for which others wait: the whole project's jobs of the
 * class step aside, and come back in their old order once the limit allows.
 */
async function keepWaiting(tx: EntityManager, { tenantId, projectId, acceleratorClass, id }: JobRow, rule: string, detail: string): Promise<void> {
  await tx.update(JobRow, { tenantId, id }, { detail });
  const others = rule === 'budget' ? { tenantId, projectId, acceleratorClass, state: State.QUEUED } : { tenantId, id };
  await tx.update(JobRow, others, { waitsFor: rule });
}
