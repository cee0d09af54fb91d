import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import type { RecordText, Seal } from './journal-chain.ts';
import { BY_PERSON, instantSql, IS_OF_THIS_LIFE } from './journal-seal.ts';

/** What to look for; whatever is absent does not matter. */
export interface JournalFilter {
  subject?: string | undefined;
  actionPrefix?: string | undefined;
  actor?: string | undefined;
  tenantId?: string | undefined;
  /** At or after it. */
  since?: Date | undefined;
  /** Before it. */
  until?: Date | undefined;
}

/** A record, and where it is sealed, once it is. */
export type SealedRecord = RecordText & { seal?: Pick<Seal, 'position' | 'hash'> };

/** The order of lists of records: newest first, each after the record of this number. */
export const NEWEST_RECORD_FIRST = z.tuple([z.string().regex(/^\d{1,18}$/)]);

const RECORD = `j.seq, j.xid::text AS xid, ${instantSql('j.at')} AS at, j.actor, j.action, j.subject,
  j.tenant_id AS "tenantId", j.before::text AS before, j.after::text AS after`;

/** The newest records that match and are older than record `before`. */
export async function findRecords(
  tx: EntityManager,
  filter: JournalFilter,
  limit: number,
  before?: bigint,
): Promise<SealedRecord[]> {
  const { subject, actionPrefix, actor, tenantId, since, until } = filter;
  const asked = (
    [
      ['j.seq < ?::bigint', before?.toString()],
      ['j.subject = ?', subject],
      ['starts_with(j.action, ?)', actionPrefix],
      ['j.actor = ?', actor],
      ['j.tenant_id = ?::uuid', tenantId],
      ['j.at >= ?::timestamptz', since],
      ['j.at < ?::timestamptz', until],
    ] as const
  ).filter(([, value]) => value !== undefined && value !== '');
  const conditions = asked.map(([sql], n) => sql.replace('?', `$${n + 2}`));
  // Said in the index's own words, so that it is used.
  if (actor?.startsWith('person:')) conditions.push(BY_PERSON);
  const where = conditions.join(' AND ');
  const rows = await tx.query<Row[]>(
    `SELECT ${RECORD}, s.position, encode(s.hash, 'hex') AS hash
       FROM journal j LEFT JOIN journal_seal s ON s.seq = j.seq
      ${where && `WHERE ${where}`} ORDER BY j.seq DESC LIMIT $1`,
    [limit, ...asked.map(([, value]) => value)],
  );
  return rows.map(({ position, hash, ...row }) => ({
    ...recordOf(row),
    ...(position && hash && { seal: { position: BigInt(position), hash } }),
  }));
}

/** Records that were sealed in this stretch, and such that lie between them and were not. */
export async function recordsOf(
  tx: EntityManager,
  seals: Seal[],
  start: Pick<Seal, 'xid' | 'seq'>,
): Promise<RecordText[]> {
  const last = seals.at(-1) ?? start;
  const rows = await tx.query<Row[]>(
    `SELECT ${RECORD} FROM journal j WHERE j.seq = ANY($1::bigint[])
     UNION ALL
     SELECT ${RECORD} FROM journal j
      WHERE (j.xid, j.seq) > ($2::xid8, $3::bigint) AND (j.xid, j.seq) < ($4::xid8, $5::bigint)
        AND NOT EXISTS (SELECT FROM journal_seal s WHERE s.seq = j.seq)`,
    [seals.map(({ seq }) => String(seq)), ...[start.xid, start.seq, last.xid, last.seq].map(String)],
  );
  return rows.map(recordOf);
}

interface Row extends Omit<RecordText, 'seq' | 'xid'> {
  seq: string;
  xid: string;
  position?: string | null;
  hash?: string | null;
}

const recordOf = (row: Row): RecordText => ({ ...row, seq: BigInt(row.seq), xid: BigInt(row.xid) });

const SEAL = `position, encode(hash, 'hex') AS hash, seq, xid::text AS xid`;

/** Seals from a position on, and the one before them, where there are any. */
export async function readSeals(
  tx: EntityManager,
  from: bigint,
  limit: number,
): Promise<{ before: Seal | undefined; seals: Seal[] }> {
  const before = await tx.query<SealRow[]>(
    `SELECT ${SEAL} FROM journal_seal WHERE position < $1::bigint ORDER BY position DESC LIMIT 1`,
    [from.toString()],
  );
  const seals = await tx.query<SealRow[]>(
    `SELECT ${SEAL} FROM journal_seal WHERE position >= $1::bigint ORDER BY position LIMIT $2`,
    [from.toString(), limit],
  );
  return { before: before.map(sealOf)[0], seals: seals.map(sealOf) };
}

type SealRow = Record<keyof Seal, string>;

const sealOf = ({ position, hash, seq, xid }: SealRow): Seal => ({
  position: BigInt(position),
  hash,
  seq: BigInt(seq),
  xid: BigInt(xid),
});

/** Where a chain ends, and what is not in it yet. */
export interface ChainEnd {
  head?: Seal & { sealedAt: Date };
  waiting: bigint;
  /** When the oldest record that waits was written. */
  oldestWaitingAt?: Date;
}

export async function readHead(tx: EntityManager): Promise<ChainEnd> {
  const [last] = await tx.query<(SealRow & { sealedAt: Date; isOfThisLife: boolean })[]>(
    `SELECT ${SEAL}, sealed_at AS "sealedAt", ${IS_OF_THIS_LIFE} FROM journal_seal ORDER BY position DESC LIMIT 1`,
  );
  // After a restore what is new may stand before the newest seal.
  const { xid, seq } = last?.isOfThisLife ? last : { xid: '0', seq: '0' };
  const [{ waiting, oldest } = { waiting: '0', oldest: null }] = await tx.query<
    { waiting: string; oldest: Date | null }[]
  >(
    `SELECT count(*) AS waiting, min(at) AS oldest FROM journal j WHERE (j.xid, j.seq) > ($1::xid8, $2::bigint)
        AND NOT EXISTS (SELECT FROM journal_seal s WHERE s.seq = j.seq)`,
    [xid, seq],
  );
  return {
    ...(last && { head: { ...sealOf(last), sealedAt: last.sealedAt } }),
    waiting: BigInt(waiting),
    ...(oldest && { oldestWaitingAt: oldest }),
  };
}
