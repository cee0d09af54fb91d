import { bestFit, giveBack, type Demand, type Place, type PoolRoom } from './placement.ts';

/** A place that somebody has. */
export interface Held {
  place: Place;
  demand: Demand;
}

/** One at low priority. */
export interface LowHeld extends Held {
  /** Whoever started last has the least to lose. */
  startedAt: Date;
}

/** The pools once these have left their places. */
export const without = (pools: readonly PoolRoom[], held: readonly Held[]): readonly PoolRoom[] =>
  held.reduce<readonly PoolRoom[]>((room, { place, demand }) => giveBack(room, place, demand), pools);

/**
 * Who has to leave so that a demand finds room on one node: as few as possible, and of those that would do the ones
 * that started last. Nobody, where there is room already or where there would be none even without all of them.
 *
 * @param low those at low priority, on any node
 */
export function whoGivesWay<J extends LowHeld>(demand: Demand, pools: readonly PoolRoom[], low: readonly J[]): J[] {
  if (bestFit(demand, pools) !== undefined) return [];
  const byNode = Map.groupBy(low, ({ place }) => `${place.poolId} ${place.node}`);
  let best: J[] = [];
  for (const pool of pools) {
    for (const node of pool.nodes) {
      const onIt = byNode.get(`${pool.id} ${node.name}`) ?? [];
      const those = fewestOf(demand, { ...pool, nodes: [node] }, onIt);
      if (those.length > 0 && (best.length === 0 || isBetter(those, best))) best = those;
    }
  }
  return best;
}

/** Large ones first, since fewer of them do; of equals the youngest. Then whoever turns out not to be needed stays. */
function fewestOf<J extends LowHeld>(demand: Demand, pool: PoolRoom, low: readonly J[]): J[] {
  const fitsWithout = (those: readonly J[]): boolean => bestFit(demand, without([pool], those)) !== undefined;
  const youngest = [...low].sort((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
  const one = youngest.find((each) => fitsWithout([each]));
  if (one) return [one];

  let those: J[] = [];
  for (const each of youngest.sort((a, b) => compareSize(b.demand, a.demand))) {
    those.push(each);
    if (!fitsWithout(those)) continue;
    for (const spared of [...those].sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime())) {
      const rest = those.filter((other) => other !== spared);
      if (fitsWithout(rest)) those = rest;
    }
    return those;
  }
  return [];
}

function isBetter(those: readonly LowHeld[], best: readonly LowHeld[]): boolean {
  if (those.length !== best.length) return those.length < best.length;
  return oldestOf(those) > oldestOf(best);
}

const oldestOf = (those: readonly LowHeld[]): number => Math.min(...those.map(({ startedAt }) => startedAt.getTime()));

const compareSize = (a: Demand, b: Demand): number =>
  a.devices - b.devices || a.cores - b.cores || Number(a.memoryBytes - b.memoryBytes);
