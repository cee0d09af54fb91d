import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Account_Purpose, type Account, type Rate } from '@kontor/contracts/quota/v1/quota';
import type { AwardMeans, Means, Snapshot } from './admission/rule.ts';
import type { Ports } from './ports.ts';
import { readAccounts, readRates } from './read-ledger.ts';

/** What a project can pay, and what things cost, as quota said a moment ago. */
export interface Budget {
  ratesOf(acceleratorClass: string): Snapshot['rates'];
  meansOf(acceleratorClass: string): Means[];
  awardOf(id: string): AwardMeans | undefined;
}

/**
 * Asks quota for prices and for a project's means. It is asked before any lock is taken: what it says may be a moment
 * old, and the reservation that follows decides.
 *
 * @throws Problem where quota cannot be reached
 */
export async function readBudget(
  { quota, settings }: Ports,
  project: { tenantId: string; projectId: string },
): Promise<Budget> {
  const [accounts, rates] = await Promise.all([readAccounts(quota, project), readRates(quota)]);
  const own = accounts.filter(({ purpose }) => purpose === Account_Purpose.PROJECT);
  return {
    ratesOf: (acceleratorClass) => rates.filter((rate) => rate.acceleratorClass === acceleratorClass).map(dated),
    meansOf: (acceleratorClass) => {
      const assets = [`CR:${settings.terms.operator}`, `DEVICE_MS:${acceleratorClass}`, `SLOTS:${acceleratorClass}`];
      return own.filter(({ asset }) => assets.includes(asset)).map(meansOf);
    },
    awardOf: (id) =>
      accounts.filter((one) => one.purpose === Account_Purpose.AWARD && one.id === id).map(awardMeans)[0],
  };
}

const dated = ({ ucrPerDeviceHour, validFrom }: Rate): Snapshot['rates'][number] => ({
  ucrPerDeviceHour,
  validFrom: validFrom ? timestampDate(validFrom) : new Date(0),
});

const awardMeans = ({ available, subsidyPpm, endsAt }: Account): AwardMeans => ({
  available: available ?? 0n,
  subsidyPpm,
  endsAt: endsAt ? timestampDate(endsAt) : new Date(0),
});

const meansOf = ({ asset, available, held }: Account): Means => ({ asset, available, held });
