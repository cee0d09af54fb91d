import { bestFit, giveBack, take, type Demand, type Place, type PoolRoom } from './placement.ts';

/** A job that waits for room. */
export interface Waiting {
  demand: Demand;
  timeLimitMs: bigint;
}

/** A job that has its place until about then. */
export interface Holding {
  place: Place;
  demand: Demand;
  endsAt: Date;
}

/** The state of a cluster's room with those that wait for it, in order. */
interface Scene {
  pools: readonly PoolRoom[];
  holdings: readonly Holding[];
  waiting: readonly Waiting[];
}

/** Enough to look through the queue of a busy week, and an end to it. */
const ENDS_MAX = 2_000;

/** Gives every waiting job that fits its place, in their order: one that does not fit holds up none behind it. */
export function firstFit({ pools, holdings, waiting }: Scene, at: Date): Scene {
  let room = pools;
  const started: Holding[] = [];
  const left = waiting.filter(({ demand, timeLimitMs }) => {
    const place = bestFit(demand, room);
    if (place === undefined) return true;
    room = take(room, place, demand);
    started.push({ place, demand, endsAt: new Date(at.getTime() + Number(timeLimitMs)) });
    return false;
  });
  return { pools: room, holdings: [...holdings, ...started], waiting: left };
}

/**
 * When a demand would find room behind those that wait ahead of it, if every job uses its whole time limit; undefined
 * when that cannot be told. A job that is past its limit is expected to end at once.
 */
export function startsAbout(demand: Demand, scene: Scene, now: Date): Date | undefined {
  let at = now;
  let { pools, holdings, waiting } = firstFit(scene, now);
  for (let ends = 0; ends < ENDS_MAX && holdings.length > 0; ends++) {
    const [next, ...others] = [...holdings].sort((a, b) => a.endsAt.getTime() - b.endsAt.getTime());
    if (next === undefined) break;
    if (next.endsAt > at) at = next.endsAt;
    const freed = { pools: giveBack(pools, next.place, next.demand), holdings: others, waiting };
    ({ pools, holdings, waiting } = firstFit(freed, at));
    if (bestFit(demand, pools) !== undefined) return at;
  }
  return undefined;
}
