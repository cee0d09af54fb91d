import type { EntityManager } from 'typeorm';
import { GENESIS, verifyChain, type ChainFault, type Link, type Seal } from './journal-chain.ts';
import { readSeals, recordsOf } from './journal-records.ts';
import { byKey } from './journal-seal.ts';

export interface Stretch {
  /** First position. */
  from: bigint;
  /** Records at most. */
  limit: number;
  /** Heads that somebody noted down earlier, wherever they are. */
  known: Link[];
}

export interface JournalVerdict {
  checked: number;
  /** Where the next stretch begins; undefined at the end. */
  next: bigint | undefined;
  /** Hash at the end of the stretch. */
  hash: string;
  faults: (ChainFault | HeadFault)[];
}

/** The chain fits itself perhaps, and not what was noted of it. */
export interface HeadFault {
  kind: 'HEAD_CONTRADICTED';
  position: bigint;
  detail: string;
}

/** Held in memory at once. */
const PAGE = 1_000;

/** Compares a stretch of a journal with its seals. The transaction must see the rows of all tenants. */
export async function verifyJournal(tx: EntityManager, { from, limit, known }: Stretch): Promise<JournalVerdict> {
  await byKey(tx);
  const faults: JournalVerdict['faults'] = await headFaults(tx, known);
  let checked = 0;
  let at: bigint | undefined = from;
  let { hash }: Link = GENESIS;
  while (at !== undefined && checked < limit) {
    const size = Math.min(PAGE, limit - checked);
    const page = await verifyPage(tx, at, size);
    faults.push(...page.faults);
    checked += page.seals.length;
    hash = page.end.hash;
    at = page.seals.length < size ? undefined : page.end.position + 1n;
  }
  return { checked, next: at, hash, faults };
}

async function verifyPage(
  tx: EntityManager,
  from: bigint,
  size: number,
): Promise<{ seals: Seal[]; faults: ChainFault[]; end: Link }> {
  const { before, seals } = await readSeals(tx, from, size);
  const start = before ?? { ...GENESIS, seq: 0n, xid: 0n };
  const faults = verifyChain(await recordsOf(tx, seals, start), seals, start);
  return { seals, faults, end: seals.at(-1) ?? start };
}

async function headFaults(tx: EntityManager, known: Link[]): Promise<HeadFault[]> {
  const rows = await tx.query<{ position: string; hash: string }[]>(
    `SELECT position, encode(hash, 'hex') AS hash FROM journal_seal WHERE position = ANY($1::bigint[])`,
    [known.map(({ position }) => String(position))],
  );
  const hashOf = new Map(rows.map(({ position, hash }) => [BigInt(position), hash]));
  return known
    .filter(({ position, hash }) => hashOf.get(position) !== hash)
    .map(({ position, hash }) => ({
      kind: 'HEAD_CONTRADICTED',
      position,
      detail: hashOf.has(position)
        ? `At ${position} the chain says ${hashOf.get(position)}, and said ${hash} once.`
        : `The chain does not reach ${position} any more, where it said ${hash} once.`,
    }));
}
