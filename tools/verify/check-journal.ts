import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  JournalHead,
  KnownHeadSchema,
  VerifyJournalRequestSchema,
  VerifyJournalResponse,
} from '@kontor/contracts/journal/v1/journal';
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
 * Has a journal verified from its first record to its last, and its service's mutations counted.
 *
 * @param known heads noted down earlier, which must still be in it
 */
export async function checkJournal(journal: Journal, known: KnownHead[] = []): Promise<JournalCheck> {
  const { head, faults } = await walk(journal, known);
  const { count } = await journal.verifyJournal({ limit: 1, count: true });
  if (!count) throw new Error('The journal was asked for a count and answered none.');
  const { waiting } = await journal.getJournalHead({});
  const rest = waiting > 0n ? `, ${waiting} newer not sealed yet` : '';
  const others = faults.length > 1 ? ` and ${faults.length - 1} more` : '';
  const chain = faults.length > 0 ? `chain BROKEN: ${faults[0]}${others}` : `chain verified to ${head}${rest}`;
  return { line: `${countLine(count)}, ${chain}`, isGood: isComplete(count) && faults.length === 0 };
}

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
