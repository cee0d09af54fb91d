import { billedMillidevices } from '@kontor/ledger/share';
import { bestFit, fitsWhole, type Demand } from '../placement.ts';
import { firstFit, startsAbout } from '../queue-forecast.ts';
import type { AdmissionRequest, Findings, PoolOffer, Rule, Snapshot } from './rule.ts';

/** Where it runs: the best fit that is left once those that waited before it have theirs. */
export const placement: Rule = {
  name: 'placement',
  judge(_request: AdmissionRequest, { takenAt, holdings, ahead }: Snapshot, { demand, pools }: Findings) {
    const ready = pools.filter(({ isReady }) => isReady);
    const billed = { billedMillidevices: largestShare(demand, pools) };
    if (ready.length === 0) {
      return {
        wait: { detail: 'The cluster does not answer now.', help: 'It starts once the cluster answers again.' },
        found: billed,
      };
    }
    const scene = { pools: ready, holdings, waiting: ahead };
    const place = bestFit(demand, firstFit(scene, takenAt).pools);
    if (place === undefined) {
      return {
        wait: {
          detail: `All devices of the class that would do are taken${waitedBefore(ahead.length)}.`,
          help: 'It starts by itself when there is room; a smaller job may find room sooner.',
          startsAbout: startsAbout(demand, scene, takenAt),
        },
        found: billed,
      };
    }
    const node = ready.find(({ id }) => id === place.poolId)?.nodes.find(({ name }) => name === place.node);
    return {
      found: { place, billedMillidevices: node ? billedMillidevices(demand, node) : billed.billedMillidevices },
    };
  },
};

const waitedBefore = (jobs: number): string =>
  jobs === 0 ? '' : `, and ${jobs === 1 ? '1 job' : `${jobs} jobs`} waited before it`;

/** The share on the node where it is largest: nodes of a pool are equal, and between pools the dearest is assumed. */
const largestShare = (demand: Demand, pools: PoolOffer[]): bigint =>
  pools
    .flatMap(({ nodes }) => nodes)
    .filter((node) => fitsWhole(demand, node))
    .map((node) => billedMillidevices(demand, node))
    .reduce((most, share) => (share > most ? share : most), 0n);
