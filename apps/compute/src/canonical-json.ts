import { createHash } from 'node:crypto';
import { isDate } from 'node:util/types';

/** The one JSON text of a value: keys sorted, int64 as strings, instants in RFC 3339, absent keys left out. */
export function canonicalJson(value: unknown): string {
  if (isDate(value)) return JSON.stringify(value.toISOString());
  if (typeof value === 'bigint') return `"${value}"`;
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}

/** SHA-256 of the canonical JSON, in lower-case hexadecimal. */
export const digestOf = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');
