import { eventually } from '@kontor/testing/eventually';
import { checkJournal, type Journal } from '../verify/check-journal.ts';

/** What a million records take at the pace at which a sealer leaves the processor to others. */
const SEALED_WITHIN_MS = 120_000;

/**
 * Waits until each journal is sealed, and prints what became of it: whether every mutation has its record, and every
 * record its place in the chain. Answers whether that holds for all of them.
 */
export async function journalsHold(journals: Record<string, Journal>): Promise<boolean> {
  let areGood = true;
  for (const [service, journal] of Object.entries(journals)) {
    const isSealed = async () => (await journal.getJournalHead({})).waiting === 0n;
    await eventually(`the journal of ${service} is sealed`, isSealed, { withinMs: SEALED_WITHIN_MS, everyMs: 500 });
    const { line, isGood } = await checkJournal(journal);
    console.log(`${service}: ${line}`);
    areGood &&= isGood;
  }
  return areGood;
}
