import type { EntityManager } from 'typeorm';

/** What people did is looked for by person; what services do all day is not, and pays for no index. */
export const BY_PERSON = `starts_with(actor, 'person:')`;

/**
 * SQL of a journal's seals, for a migration after the journal's own. The app role may add and read, and never change or
 * delete. `journal_text` is a record's canonical text; `journal_chain` runs along records and answers at each of them
 * SHA-256(hash before ‖ text in UTF-8). What the canonical text is stands in `journal-chain.ts`, which computes it
 * again without this SQL.
 */
export const journalSealTableSql = (appRole: string): string => `
  CREATE TABLE journal_seal (
    position bigint PRIMARY KEY CHECK (position > 0),
    seq bigint NOT NULL UNIQUE,
    xid xid8 NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    sealed_at timestamptz NOT NULL
  );
  GRANT SELECT, INSERT ON journal_seal TO ${appRole};
  CREATE INDEX journal_by_person ON journal (actor, seq) WHERE ${BY_PERSON};

  CREATE FUNCTION journal_text(journal) RETURNS text LANGUAGE sql STABLE RETURN json_build_array(
    ($1).seq::text, ($1).xid::text, ${instantSql('($1).at')},
    ($1).actor, ($1).action, ($1).subject, ($1).tenant_id, ($1).before, ($1).after)::text;
  CREATE FUNCTION journal_link(bytea, bytea) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN sha256($1 || $2);
  CREATE AGGREGATE journal_chain(bytea) (SFUNC = journal_link, STYPE = bytea, INITCOND = '');
`;

/** An instant as text in UTC, to the microsecond, whatever the connection's settings are. */
export function instantSql(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** Any number, the same in every service: advisory locks belong to one database. */
const LOCK = 7_832_003;

/**
 * Seals the oldest records that are not sealed, in commit order: of a transaction only when every older one has ended,
 * so that nothing can come to stand before what is sealed. Answers how many; none where another replica is at it. The
 * transaction must see the rows of all tenants.
 *
 * @param limit records at most
 */
export async function sealJournal(tx: EntityManager, at: Date, limit: number): Promise<number> {
  // A lock in a statement of its own: the next one then sees what its last holder wrote.
  const [{ isMine } = { isMine: false }] = await tx.query<{ isMine: boolean }[]>(
    `SELECT pg_try_advisory_xact_lock($1) AS "isMine"`,
    [LOCK],
  );
  if (!isMine) return 0;
  await byKey(tx);
  const [last = FIRST] = await tx.query<LastSeal[]>(LAST);
  const sealed = await sealAfter(tx, last, last, limit, at);
  return sealed > 0 || last.isOfThisLife ? sealed : sealAfter(tx, last, FIRST, limit, at);
}

/** Adds to the chain what is after a record in commit order. */
async function sealAfter(
  tx: EntityManager,
  { position, hash }: LastSeal,
  { xid, seq }: LastSeal,
  limit: number,
  at: Date,
): Promise<number> {
  const [row] = await tx.query<{ sealed: number }[]>(SEAL, [position, hash, xid, seq, limit, at]);
  return row?.sealed ?? 0;
}

/** A stretch of the journal is found by key, whatever the planner believes of tables that grew since it last looked. */
export async function byKey(tx: EntityManager): Promise<void> {
  const off = ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'].map(
    (name) => `set_config('${name}', 'off', true)`,
  );
  await tx.query(`SELECT ${off.join(', ')}`);
}

interface LastSeal {
  position: string;
  hash: Buffer;
  xid: string;
  seq: string;
  /** Whether its transaction is one that this database has counted. */
  isOfThisLife: boolean;
}

const FIRST: LastSeal = { position: '0', hash: Buffer.alloc(32), xid: '0', seq: '0', isOfThisLife: true };

/**
 * A database that was restored from a dump counts its transactions from a smaller number again. Once the tail of its
 * earlier life is sealed, the search begins at the beginning, until the newest seal is one of this life's.
 */
export const IS_OF_THIS_LIFE = 'xid < pg_snapshot_xmax(pg_current_snapshot()) AS "isOfThisLife"';

const LAST = `
  SELECT position, hash, xid::text AS xid, seq, ${IS_OF_THIS_LIFE}
    FROM journal_seal ORDER BY position DESC LIMIT 1`;

/** Of a life before a restore everything is over, though its numbers may be larger than any of this life's. */
const SEAL = `
  WITH due AS (
    SELECT j.seq, j.xid, convert_to(journal_text(j), 'UTF8') AS text, row_number() OVER (ORDER BY j.xid, j.seq) AS n
      FROM (
        SELECT * FROM journal j
         WHERE (j.xid, j.seq) > ($3::xid8, $4::bigint)
           AND (j.xid < pg_snapshot_xmin(pg_current_snapshot()) OR j.xid >= pg_snapshot_xmax(pg_current_snapshot()))
           AND NOT EXISTS (SELECT FROM journal_seal s WHERE s.seq = j.seq)
         ORDER BY j.xid, j.seq LIMIT $5
      ) j
  ), sealed AS (
    INSERT INTO journal_seal (position, seq, xid, hash, sealed_at)
    SELECT $1::bigint + n, seq, xid,
           journal_chain(CASE n WHEN 1 THEN $2::bytea || text ELSE text END) OVER (ORDER BY n),
           $6::timestamptz
      FROM due
    RETURNING position
  ) SELECT count(*)::int AS sealed FROM sealed`;
