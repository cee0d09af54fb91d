import type { EntityManager } from 'typeorm';

/**
 * One kind of mutation, counted without the journal: by rows that the service cannot delete, or by versions that the
 * database itself raises. It proves that the journal has as many records of the kind as there were mutations, so that
 * none was left out or added; that each tells the truth, it cannot prove.
 */
export interface MutationCount {
  /** How it is counted, in words. */
  what: string;
  /** Actions of the records that belong to it. No two kinds may match the same one. */
  actions: RegExp;
  /** A SELECT that answers one number. */
  sql: string;
}

export interface JournalCount {
  mutations: bigint;
  records: bigint;
  /** Records of actions that no kind counts. */
  uncounted: bigint;
  kinds: { what: string; mutations: bigint; records: bigint }[];
}

/**
 * SQL for a migration: from now on the database itself counts in a row's column `mutations bigint NOT NULL DEFAULT 1`
 * how often one of these columns changed, the insertion included. Whoever writes to the table cannot set it.
 */
export const countMutationsSql = (table: string, columns: string[]): string => {
  const all = (row: string): string => `(${columns.map((column) => `${row}.${column}`).join(', ')})`;
  return `
  CREATE FUNCTION count_mutations_of_${table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    NEW.mutations := CASE TG_OP WHEN 'INSERT' THEN 1
      ELSE OLD.mutations + (${all('OLD')} IS DISTINCT FROM ${all('NEW')})::int END;
    RETURN NEW;
  END $$;
  CREATE TRIGGER count_mutations BEFORE INSERT OR UPDATE ON ${table}
    FOR EACH ROW EXECUTE FUNCTION count_mutations_of_${table}();
`;
};

/** Counts mutations and records at one moment. Reads the whole journal; the transaction must see all tenants' rows. */
export async function countMutations(tx: EntityManager, counts: MutationCount[]): Promise<JournalCount> {
  await tx.query(READING_ALL);
  const columns = counts.map(({ sql }, n) => `(${sql})::text AS kind_${n}`);
  // One statement, so that all of it is of the same moment.
  const [row = {}] = await tx.query<Record<string, unknown>[]>(`SELECT ${[...columns, ACTIONS].join(', ')}`);
  const actions = Object.entries((row['actions'] ?? {}) as Record<string, string>);
  const sumOf = (isOf: (action: string) => boolean): bigint =>
    sum(actions.filter(([action]) => isOf(action)).map(([, records]) => BigInt(records)));
  const kinds = counts.map((count, n) => ({
    what: count.what,
    mutations: BigInt(String(row[`kind_${n}`])),
    records: sumOf((action) => count.actions.test(action)),
  }));
  return {
    mutations: sum(kinds.map(({ mutations }) => mutations)),
    records: sum(kinds.map(({ records }) => records)),
    uncounted: sumOf((action) => !counts.some((count) => count.actions.test(action))),
    kinds,
  };
}

/** Tables are read whole here, whatever a service's connections are set to, and that may take a while. */
const READING_ALL = `
  SELECT set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
         set_config('enable_mergejoin', 'on', true), set_config('statement_timeout', '30s', true)`;

const ACTIONS = `(
  SELECT json_object_agg(action, n::text) FROM (SELECT action, count(*) AS n FROM journal GROUP BY action) a
) AS actions`;

const sum = (numbers: bigint[]): bigint => numbers.reduce((total, n) => total + n, 0n);

const disagreeing = ({ kinds }: JournalCount) => kinds.filter(({ mutations, records }) => mutations !== records);

/** Whether every mutation has its record and every record its mutation, of each kind, and there is no other record. */
export const isComplete = (count: JournalCount): boolean => disagreeing(count).length === 0 && count.uncounted === 0n;

/** The count in one line: `journal complete: mutations=N records=N`, or which kinds do not agree. */
export function countLine(count: JournalCount): string {
  const { mutations, records, uncounted } = count;
  const wrong = disagreeing(count).map((kind) => `${kind.what}: ${kind.mutations} against ${kind.records}`);
  const which = wrong.join('; ');
  const rest = uncounted === 0n ? '' : ` uncounted=${uncounted}`;
  const verdict = isComplete(count) ? 'complete' : 'INCOMPLETE';
  return `journal ${verdict}: mutations=${mutations} records=${records}${rest}${which && ` (${which})`}`;
}
