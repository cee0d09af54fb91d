import { Job_Priority as Priority, Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { whoGivesWay, without, type LowHeld } from './giving-way.ts';
import { bestFit, take, type Demand, type PoolRoom } from './placement.ts';
import { roomOf, type Room } from './room.ts';
import type { JobRow } from './tables.ts';

/** Whether a job that runs could be asked to leave. */
export const mayGiveWay = (job: JobRow): boolean => job.priority === Priority.LOW && !isLeaving(job);

/** Whether a job has been told to leave: its room is coming. */
export const isLeaving = ({ state, isGivingWay, isCancelAsked, isSuspended }: JobRow): boolean =>
  state === State.STOPPING || isGivingWay || isCancelAsked || isSuspended;

/** A job that runs, with what it takes of a node. */
export const heldBy = (job: JobRow): LowHeld & { job: JobRow } => ({
  job,
  ...roomOf(job),
  startedAt: job.startedAt ?? new Date(0),
});

/** What is free or will be once those have left who were told to, less what the first of the queue wait for. */
export class ComingRoom {
  readonly #promised: Demand[] = [];
  #low: LowHeld[] = [];
  #pools: readonly PoolRoom[] = [];

  constructor(room: Room) {
    this.see(room);
  }

  /** Takes note of what has changed. */
  see({ pools, holders }: Room): void {
    this.#low = holders.filter(mayGiveWay).map(heldBy);
    // Where nobody could be asked to leave, nobody asks what is coming.
    if (this.#low.length === 0) return;
    const free = without(pools, holders.filter(isLeaving).map(heldBy));
    this.#pools = this.#promised.reduce(lessOne, free);
  }

  /** Promises room to a job that waits for it: those behind it do not count on it. */
  promise(demand: Demand): void {
    this.#promised.push(demand);
    if (this.#low.length > 0) this.#pools = lessOne(this.#pools, demand);
  }

  /** Whether jobs at low priority would have to leave for a demand, and their places would do. */
  needsThatSomeLeave = (demand: Demand): boolean =>
    this.#low.length > 0 && whoGivesWay(demand, this.#pools, this.#low).length > 0;
}

function lessOne(pools: readonly PoolRoom[], demand: Demand): readonly PoolRoom[] {
  const place = bestFit(demand, pools);
  return place ? take(pools, place, demand) : pools;
}
