/** One measured figure beside its peer, or beside a fixed limit where there is no peer. */
export interface Figure {
  name: string;
  ours: number;
  peer: number;
  unit: string;
  /** ours ÷ peer. */
  ratio: number;
  /** Such as ≥ 8 or ≤ 15: what the ratio must be, or ours where there is no peer. */
  goal: string;
  pass: boolean;
}

/** Middle of the values; the mean of the two in the middle where their number is even. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** A ratio of medians that must be at least so much. */
export function atLeast(name: string, unit: string, ours: number[], peer: number[], goal: number): Figure {
  const [mine, theirs] = [median(ours), median(peer)];
  const ratio = mine / theirs;
  return { name, ours: mine, peer: theirs, unit, ratio, goal: `≥ ${goal}`, pass: ratio >= goal };
}

/** A median of our own that must be at most so much. */
export function atMost(name: string, unit: string, ours: number[], limit: number): Figure {
  const mine = median(ours);
  return { name, ours: mine, peer: limit, unit, ratio: mine / limit, goal: `≤ ${limit}`, pass: mine <= limit };
}

const COLUMNS = ['name', 'ours', 'peer', 'unit', 'ratio', 'goal', 'pass'] as const;

/** A table for people. */
export function table(figures: Figure[]): string {
  const rows = [COLUMNS.map(String), ...figures.map((figure) => COLUMNS.map((column) => cell(figure[column])))];
  const widths = COLUMNS.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cell(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'PASS' : 'FAIL';
  if (typeof value === 'string') return value;
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
