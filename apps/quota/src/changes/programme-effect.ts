import { toJson } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ProgrammeChange } from '@kontor/contracts/quota/v1/change';
import { ProgrammeTermsSchema, type ProgrammeTerms } from '@kontor/contracts/quota/v1/programme';
import { Account_Purpose as Purpose, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import { Problem } from '@kontor/kit/problem';
import { requireNewest } from '@kontor/kit/resource-version';
import { creditsOf } from '../assets.ts';
import { move, type Movement } from '../deed.ts';
import type { Transaction } from '../in-transaction.ts';
import { openAccounts } from '../open-accounts.ts';
import { ProgrammeRow } from '../programme-tables.ts';
import { checkRules } from '../programmes/eligibility.ts';
import { lockProgramme, programmeId, type LockedProgramme } from '../programmes/programmes.ts';
import { AccountRow } from '../tables.ts';
import type { Effect, Hands } from './effect.ts';
import { checkTreasury, treasuryId } from './treasury.ts';

/**
 * A new programme, or new terms and more money for one.
 *
 * @throws Problem where the terms contradict themselves, the version is stale, or the treasury may not hand out so much
 */
export async function programmeEffect(tx: Transaction, change: ProgrammeChange, hands: Hands): Promise<Effect> {
  const { resourceVersion, addUcr } = change;
  const terms = checkedTerms(change, hands.clock.now());
  const id = programmeId(terms.slug);
  const found = await lockProgramme(tx, id);
  const current = found?.row.resourceVersion ?? 0n;
  if (current === 0n && resourceVersion !== 0n) throw Problem.notFound('programme', terms.slug);
  if (current !== 0n && resourceVersion === 0n) throw programmeExists(terms.slug);
  requireNewest('programme', current, resourceVersion);
  if (addUcr > 0n) await checkTreasury(tx, hands.operator, addUcr);
  else requireLeft(found, -addUcr);
  return {
    async apply() {
      await writeProgramme(tx, id, terms, found, hands);
      await movePot(tx, id, addUcr, current + 1n, hands);
      return { programmeId: id, terms: toJson(ProgrammeTermsSchema, terms), addUcr, resourceVersion: current + 1n };
    },
  };
}

async function writeProgramme(
  { manager }: Transaction,
  id: string,
  terms: ProgrammeTerms,
  found: LockedProgramme | undefined,
  hands: Hands,
): Promise<void> {
  const createdAt = hands.clock.now();
  const asJson = toJson(ProgrammeTermsSchema, terms) as object;
  if (found) {
    await manager.update(ProgrammeRow, { id }, { terms: asJson, resourceVersion: found.row.resourceVersion + 1n });
    return;
  }
  await manager.insert(AccountRow, {
    id,
    tenantId: null,
    projectId: null,
    purpose: Purpose.PROGRAMME,
    asset: creditsOf(hands.operator),
    balance: 0n,
    held: 0n,
    floor: 0n,
    createdAt,
  });
  const row = { id, slug: terms.slug, terms: asJson, resourceVersion: 1n, createdAt };
  await manager.insert(ProgrammeRow, row);
}

/** Moves money from the treasury into the pot; back where it is below zero. */
async function movePot(tx: Transaction, id: string, amount: bigint, version: bigint, hands: Hands): Promise<void> {
  if (amount === 0n) return;
  const { operator, actor, clock } = hands;
  const asset = creditsOf(operator);
  await openAccounts(tx, [{ purpose: Purpose.TREASURY, asset }], null, actor, clock.now());
  // The treasury may be younger than the first look.
  if (amount > 0n) await checkTreasury(tx, operator, amount);
  const [pot, treasury] = [id, treasuryId(operator)];
  const movement: Movement =
    amount > 0n
      ? { asset, debitAccountId: treasury, creditAccountId: pot, amount, reason: Reason.GRANT }
      : { asset, debitAccountId: pot, creditAccountId: treasury, amount: -amount, reason: Reason.RETURN };
  await move(tx, [movement], ['programme', id, String(version)], clock);
}

/** @throws Problem `pot_exceeded` where more is to be taken out of a pot than it has left to award */
function requireLeft(found: LockedProgramme | undefined, takenUcr: bigint): void {
  const leftUcr = found ? found.pot.balance - found.pot.held : 0n;
  if (takenUcr <= leftUcr) return;
  throw Problem.exhausted(
    'pot_exceeded',
    `The pot has ${leftUcr} µcr left, and ${takenUcr} are to go back to the treasury.`,
    'Take out less, or wait until awards return what they do not need.',
  );
}

function checkedTerms({ terms, resourceVersion }: ProgrammeChange, now: Date): ProgrammeTerms {
  if (!terms) throw new Error('A programme without terms passed validation.');
  const { startsAt, endsAt, minUcr, maxUcrPerBeneficiary, threshold, eligibility } = terms;
  if (startsAt && endsAt && timestampDate(startsAt) >= timestampDate(endsAt)) {
    throw unfit('It would end before it starts.');
  }
  if (resourceVersion === 0n && endsAt && timestampDate(endsAt) <= now) throw unfit('It would have ended already.');
  if (minUcr > maxUcrPerBeneficiary) throw unfit('The least it awards is more than all that one tenant may get.');
  if (threshold && threshold.ucr === undefined) {
    throw unfit(
      'Its threshold bounds no credits, so that all of its pot would be awarded by rule.',
      'Say up to how many µcr it awards by rule, or leave the threshold out.',
    );
  }
  checkRules(eligibility);
  return terms;
}

const unfit = (detail: string, help = 'Correct the terms.'): Problem =>
  Problem.invalid('programme_terms_unfit', detail, help);

const programmeExists = (slug: string): Problem =>
  Problem.conflict(
    'programme_exists',
    `There is a programme ${slug} already.`,
    'Choose another slug, or name its resource version to change it.',
  );
