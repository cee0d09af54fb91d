import { Proposal_State as State, type ProgrammeTerms, type Threshold } from '@kontor/contracts/quota/v1/programme';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { unmetRule, wanted } from './eligibility.ts';

/** What awards come to: credits in µcr, device time and slots of all classes together. */
export interface Amounts {
  ucr: bigint;
  deviceMs: bigint;
  slots: number;
}

/** What a proposal asks for. */
export interface Asked extends Amounts {
  durationMs: bigint;
  attributes: Readonly<Record<string, string>>;
}

/** Everything that a decision depends on, read while the pot is locked. */
export interface Standing {
  now: Date;
  /** What the pot can still give. */
  leftUcr: bigint;
  /** Everything the tenant ever got of the programme, less what it gave back. */
  beneficiaryUcr: bigint;
  /** Awards of the project that have not returned everything yet. */
  openAwards: number;
  /** What the tenant and the applicant each got within the threshold's window, whatever was given back. */
  toBeneficiary: Amounts;
  toApplicant: Amounts;
}

/** What becomes of a proposal: by which rule, why, and what would help where it was refused. */
export interface Verdict {
  state: State.AWARDED | State.PENDING | State.REFUSED;
  rule: string;
  reasons: string;
  help: string;
}

/** Where a programme's terms do not say: whoever needs more asks for more at once. */
const OPEN_AWARDS_DEFAULT = 20;

/** Awards, refuses, or leaves a proposal to people. Pure. */
export function decideProposal(terms: ProgrammeTerms, asked: Asked, standing: Standing): Verdict {
  return refusalOf(terms, asked, standing) ?? byThreshold(terms.threshold, asked, standing);
}

/** Why a proposal cannot be awarded by anyone; undefined where it can. */
export function refusalOf(terms: ProgrammeTerms, asked: Asked, standing: Standing): Verdict | undefined {
  const { slug, startsAt, endsAt, minUcr, maxUcrPerBeneficiary, maxDurationMs, maxOpenAwards } = terms;
  const { now, leftUcr, beneficiaryUcr, openAwards } = standing;
  if (startsAt && timestampDate(startsAt) > now) {
    const from = timestampDate(startsAt).toISOString();
    return refused('programme_open', `The programme ${slug} takes proposals from ${from} on.`, 'Apply then.');
  }
  if (endsAt && timestampDate(endsAt) <= now) {
    return refused('programme_open', `The programme ${slug} ended.`, 'Apply to another programme.');
  }
  const most = maxOpenAwards || OPEN_AWARDS_DEFAULT;
  if (openAwards >= most) {
    return refused(
      'maximum_open_awards',
      `A project has at most ${most} awards of ${slug} open at a time, and this one has ${openAwards}.`,
      'Return one that is not needed, wait until one ends, or ask for more at once next time.',
    );
  }
  const unmet = unmetRule(terms.eligibility, asked.attributes);
  if (unmet) return refused(unmet.name, `By the rule ${unmet.name}, ${wanted(unmet)}.`, unmet.help);
  if (asked.durationMs > maxDurationMs) {
    return refused(
      'maximum_duration',
      `An award lasts at most ${maxDurationMs} ms, and ${asked.durationMs} were asked.`,
      `Ask for ${maxDurationMs} ms or less.`,
    );
  }
  if (asked.ucr < minUcr) {
    return refused(
      'minimum_award',
      `An award comes to at least ${minUcr} µcr, and ${asked.ucr} were asked.`,
      `Ask for ${minUcr} µcr or more.`,
    );
  }
  const room = maxUcrPerBeneficiary - beneficiaryUcr;
  if (asked.ucr > room) {
    return refused(
      'maximum_per_beneficiary',
      `A tenant gets at most ${maxUcrPerBeneficiary} µcr, this one has ${beneficiaryUcr}, and ${asked.ucr} were asked.`,
      room > 0n ? `Ask for ${room} µcr or less.` : 'Return what is not needed of earlier awards.',
    );
  }
  if (asked.ucr > leftUcr) {
    return refused(
      'pot',
      `The programme has ${leftUcr} µcr left, and ${asked.ucr} were asked.`,
      leftUcr > 0n ? `Ask for ${leftUcr} µcr or less.` : 'Apply when the programme is filled again.',
    );
  }
  return undefined;
}

function byThreshold(threshold: Threshold | undefined, asked: Asked, standing: Standing): Verdict {
  if (!threshold) return pending('The programme leaves every proposal to people.');
  // Terms from before this had to be said: whoever asks for no device time would be bound by nothing at all.
  if (threshold.ucr === undefined) return pending('The threshold does not say how much is awarded by rule.');
  const over =
    overThreshold(threshold, 'tenant', sum(standing.toBeneficiary, asked)) ??
    overThreshold(threshold, 'applicant', sum(standing.toApplicant, asked));
  if (over !== undefined) return pending(over);
  return {
    state: State.AWARDED,
    rule: 'threshold',
    help: '',
    reasons: 'It is under the threshold, with all that the tenant and the applicant got within the window.',
  };
}

/** In which measure a sum is above the threshold. */
function overThreshold({ ucr, deviceMs, slots }: Threshold, whose: string, total: Amounts): string | undefined {
  const measures = [
    { limit: ucr, amount: total.ucr, unit: 'µcr' },
    { limit: deviceMs, amount: total.deviceMs, unit: 'device-milliseconds' },
    { limit: slots, amount: total.slots, unit: 'slots' },
  ];
  const over = measures.find(({ limit, amount }) => limit !== undefined && amount > limit);
  return (
    over &&
    `With all that the ${whose} got within the window it comes to ${over.amount} ${over.unit}; ` +
      `up to ${over.limit} are awarded by rule.`
  );
}

const sum = (one: Amounts, other: Amounts): Amounts => ({
  ucr: one.ucr + other.ucr,
  deviceMs: one.deviceMs + other.deviceMs,
  slots: one.slots + other.slots,
});

const pending = (reasons: string): Verdict => ({
  state: State.PENDING,
  rule: 'threshold',
  reasons,
  help: 'Operator staff decides.',
});

const refused = (rule: string, reasons: string, help: string): Verdict => ({
  state: State.REFUSED,
  rule,
  reasons,
  help,
});
