import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampMs } from '@bufbuild/protobuf/wkt';
import type {
  JournalHead,
  KnownHeadSchema,
  VerifyJournalRequestSchema,
  VerifyJournalResponse,
} from '@kontor/contracts/journal/v1/journal';
import { SystemClock, type Clock } from '@kontor/kit/clock';
import { countLine, isComplete } from '@kontor/kit/journal-mutations';

/** A service's journal, however it is asked. */
export interface Journal {
  verifyJournal(asked: MessageInitShape<typeof VerifyJournalRequestSchema>): Promise<VerifyJournalResponse>;
  getJournalHead(asked: object): Promise<JournalHead>;
}

export type KnownHead = Exclude<MessageInitShape<typeof KnownHeadSchema>, { $typeName: string }>;

export interface JournalCheck {
  /** `journal complete: mutations=N records=N, chain verified to <position>:<SHA-256>`, or what does not fit. */
  line: string;
  isGood: boolean;
}

/**
 * Has a journal verified from its first record to its last, and its service's mutations counted. Nothing holds what was
 * written since the last seal, so it must not be old.
 *
 * @param known heads noted down earlier, which must still be in it
 */
export async function checkJournal(
  journal: Journal,
  known: KnownHead[] = [],
  clock: Clock = new SystemClock(),
): Promise<JournalCheck> {
  const { head, faults } = await walk(journal, known);
  const { count } = await journal.verifyJournal({ limit: 1, count: true });
  if (!count) throw new Error('The journal was asked for a count and answered none.');
  const end = await journal.getJournalHead({});
  const isSealed = isSealedBehind(end, clock.now());
  const chain = faults.length > 0 ? brokenBy(faults) : isSealed ? verifiedTo(head, end) : leftAt(head, end);
  return { line: `${countLine(count)}, ${chain}`, isGood: isComplete(count) && faults.length === 0 && isSealed };
}

/** It takes a second, and longer while more is written than one core can seal. */
const UNSEALED_MS_MAX = 60_000;

const isSealedBehind = ({ oldestWaitingAt }: JournalHead, now: Date): boolean =>
  !oldestWaitingAt || now.getTime() - timestampMs(oldestWaitingAt) <= UNSEALED_MS_MAX;

const brokenBy = ([first, ...more]: string[]): string =>
  `chain BROKEN: ${first}${more.length > 0 ? ` and ${more.length} more` : ''}`;

const verifiedTo = (head: string, { waiting }: JournalHead): string =>
  `chain verified to ${head}${waiting > 0n ? `, ${waiting} newer not sealed yet` : ''}`;

const leftAt = (head: string, { waiting, oldestWaitingAt }: JournalHead): string => {
  const since = oldestWaitingAt ? timestampDate(oldestWaitingAt).toISOString() : '';
  return `chain NOT SEALED: after ${head} ${waiting} records wait, the oldest since ${since}`;
};

async function walk(journal: Journal, known: KnownHead[]): Promise<{ head: string; faults: string[] }> {
  const faults: string[] = [];
  let [position, hash, next] = [0n, '', 1n];
  while (next > 0n) {
    const verdict = await journal.verifyJournal({ fromPosition: next, known: next === 1n ? known : [] });
    faults.push(...verdict.faults.map(({ detail }) => detail));
    hash = verdict.chainSha256;
    position += verdict.checked;
    next = verdict.nextPosition;
  }
  return { head: `${position}:${hash}`, faults };
}
