type Type = 'uuid' | 'text' | 'int2' | 'int4' | 'int8' | 'boolean' | 'timestamptz' | 'jsonb';

/** What `pg` and TypeORM both take. */
export interface Statement {
  name: string;
  text: string;
  values: string[];
}

/** Which properties of a row a statement writes, and as which PostgreSQL type. */
type Columns<T> = { [K in keyof T]?: Type };

/** A statement that inserts any number of rows at once: one array for each column. */
export function insertInto<T extends object>(table: string, columns: Columns<T>): (rows: T[]) => Statement {
  const names = propertiesOf(columns).map(snake).join(', ');
  const text = `INSERT INTO ${table} (${names}) SELECT * FROM unnest(${arrays(columns)})`;
  return (rows) => ({ name: `insert-${table}`, text, values: valuesOf(columns, rows) });
}

/** A statement that updates any number of rows at once, found by `key`; `expression` says what a column becomes. */
export function update<T extends object>(
  table: string,
  key: Columns<T>,
  changed: Columns<T>,
  expression = (column: string): string => `new.${column}`,
): (rows: T[]) => Statement {
  const columns = { ...key, ...changed };
  const text = `UPDATE ${table} AS old
    SET ${propertiesOf(changed)
      .map(snake)
      .map((column) => `${column} = ${expression(column)}`)
      .join(', ')}
    FROM unnest(${arrays(columns)}) AS new (${propertiesOf(columns).map(snake).join(', ')})
    WHERE ${propertiesOf(key)
      .map(snake)
      .map((column) => `old.${column} = new.${column}`)
      .join(' AND ')}`;
  return (rows) => ({ name: `update-${table}`, text, values: valuesOf(columns, rows) });
}

/** Text and name of each combination that was ever needed: a few, and costly to put together for every batch. */
const combinations = new Map<string, { name: string; text: string }>();

/**
 * Several statements as one, which saves a round trip for each. They see the same snapshot, so no two may touch the
 * same row. Undefined where there is none.
 */
export function together(statements: Statement[]): Statement | undefined {
  if (statements.length < 2) return statements[0];
  const key = statements.map(({ name }) => name).join();
  const combination = combinations.get(key) ?? { name: `together-${combinations.size}`, text: combined(statements) };
  combinations.set(key, combination);
  return { ...combination, values: statements.flatMap(({ values }) => values) };
}

function combined(statements: Statement[]): string {
  let before = 0;
  const parts = statements.map(({ text, values }, n) => {
    const shifted = text.replace(/\$(\d+)/g, (_, parameter: string) => `$${Number(parameter) + before}`);
    before += values.length;
    return `part_${n} AS (${shifted})`;
  });
  return `WITH ${parts.join(', ')} SELECT`;
}

const propertiesOf = <T extends object>(columns: Columns<T>) => Object.keys(columns) as (keyof T & string)[];

const arrays = <T extends object>(columns: Columns<T>): string =>
  propertiesOf(columns)
    .map((property, n) => `$${n + 1}::${columns[property]}[]`)
    .join(', ');

const snake = (property: string): string => property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Each column as one array literal. Written here because it is done for every row, and `pg` quotes even numbers. */
const valuesOf = <T extends object>(columns: Columns<T>, rows: T[]): string[] =>
  propertiesOf(columns).map((property) => {
    const write = WRITERS[columns[property] ?? 'text'];
    return `{${rows.map((row) => (row[property] == null ? 'NULL' : write(row[property]))).join()}}`;
  });

/** As everywhere in JSON. */
const int64AsString = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

const plain = String;
const quoted = (value: unknown): string => `"${String(value).replace(/["\\]/g, '\\$&')}"`;

/** The last instant that was written, because the rows of a batch share most of theirs. */
const last = { ms: NaN, text: '' };

function iso(at: Date): string {
  const ms = at.getTime();
  if (ms !== last.ms) Object.assign(last, { ms, text: at.toISOString() });
  return last.text;
}

const WRITERS: Record<Type, (value: unknown) => string> = {
  uuid: plain,
  int2: plain,
  int4: plain,
  int8: plain,
  boolean: plain,
  text: quoted,
  timestamptz: (value) => iso(value as Date),
  // JSON holds no control characters, so that JSON quotes it as PostgreSQL would, five times as fast.
  jsonb: (value) => JSON.stringify(JSON.stringify(value, int64AsString)),
};
