import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence as Presence, TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { FieldRules } from '@kontor/contracts/rules/v1/rules';
import { Problem, type Violation } from './problem.ts';
import { rulesOf } from './rules.ts';

/** PostgreSQL's text cannot hold it, and nothing that people read needs it. */
const NO_NUL = 'must not contain the NUL character';

type Check = (value: unknown, path: string, found: Violation[]) => void;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** More are of no help to anyone, and an answer must not be larger than its question. */
const VIOLATIONS_MAX = 20;

/** Where the contract does not say how long the keys of a map may be. */
const KEY_CHARACTERS_MAX = 200;

/** Refuses a message that breaks the rules of its contract, naming the fields that do. */
export function validate(desc: DescMessage, message: object): void {
  const all: Violation[] = [];
  messageCheck(desc)(message, '', all);
  if (all.length === 0) return;
  const found = all.slice(0, VIOLATIONS_MAX);
  const more = all.length > found.length ? `; and ${all.length - found.length} more` : '';
  const detail = found.map((violation) => `${violation.field} ${violation.detail}`).join('; ') + more;
  throw Problem.invalid('invalid_request', `The request is not valid: ${detail}.`, 'Correct the named fields.', found);
}

const compiled = new WeakMap<DescMessage, Check>();

/** The checks of a message type, built once: a request pays only for the rules it has. */
function messageCheck(desc: DescMessage): Check {
  const known = compiled.get(desc);
  if (known) return known;
  const fields: { name: string; oneof: string | undefined; check: Check }[] = [];
  const check: Check = (message, path, found) => {
    const record = message as Record<string, unknown>;
    for (const { name, oneof, check: checkField } of fields) {
      const value = oneof === undefined ? record[name] : chosen(record[oneof], name);
      checkField(value, path === '' ? name : `${path}.${name}`, found);
    }
  };
  // Set before the fields are compiled, because a message may contain itself.
  compiled.set(desc, check);
  for (const field of desc.fields) {
    fields.push({ name: field.localName, oneof: field.oneof?.localName, check: fieldCheck(field) });
  }
  return check;
}

function chosen(oneof: unknown, name: string): unknown {
  const { case: which, value } = oneof as { case?: string; value?: unknown };
  return which === name ? value : undefined;
}

function fieldCheck(field: DescField): Check {
  const rules = rulesOf(field);
  const many = field.fieldKind === 'list' || field.fieldKind === 'map';
  const size = many ? sizeCheck(rules, 'items') : undefined;
  const keys = field.fieldKind === 'map' ? keysCheck(rules) : undefined;
  const one = oneCheck(field, many ? itemRules(rules) : rules);
  const empty = field.presence === Presence.EXPLICIT ? emptyCheck(rules) : undefined;
  return (value, path, found) => {
    if (isAbsent(value)) {
      if (rules?.required) found.push({ field: path, detail: 'is required' });
      else if (value !== undefined) empty?.(value, path, found);
      return;
    }
    if (size === undefined) return one(value, path, found);
    const items = Array.isArray(value) ? [...value.entries()] : Object.entries(value as object);
    size(items.length, path, found);
    // A list that is too long is refused as a whole: looking at its items could take as long as its sender likes.
    if (rules?.maxSize !== undefined && items.length > rules.maxSize) return;
    if (keys?.(value as object, path, found)) return;
    for (const [key, item] of items) one(item, `${path}[${key}]`, found);
  };
}

/**
 * What keys of a map must satisfy, whatever its values are. True where one of them does not: it is named nowhere, since
 * it may be as long as the request, and values under such keys are not looked at.
 */
function keysCheck(rules: FieldRules | undefined) {
  const maxSize = rules?.keyMaxSize ?? KEY_CHARACTERS_MAX;
  return (map: object, path: string, found: Violation[]): boolean => {
    const keys = Object.keys(map);
    const add = (detail: string) => found.push({ field: path, detail: `has a key that ${detail}` });
    const isLong = keys.some((key) => key.length > maxSize);
    const hasNul = keys.some((key) => key.includes('\0'));
    if (isLong) add(`must have at most ${maxSize} characters`);
    if (hasNul) add(NO_NUL);
    return isLong || hasNul;
  };
}

/** Of a list's rules those that each item must satisfy. */
const itemRules = (rules: FieldRules | undefined): FieldRules | undefined =>
  rules && { ...rules, maxSize: rules.itemMaxSize, minSize: undefined };

/** Of an empty value that was sent only how much it is: no rule says what nothing looks like. */
function emptyCheck(rules: FieldRules | undefined): Check {
  const [size, range] = [sizeCheck(rules, 'characters'), rangeCheck(rules)];
  return (value, path, found) => (value === '' ? size(0, path, found) : range(value, path, found));
}

/** Proto3 cannot tell an empty value from one that was not sent, unless the field is optional or one of several. */
function isAbsent(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0 || value === 0n) return true;
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  return false;
}

function oneCheck(field: DescField, rules: FieldRules | undefined): Check {
  const message = field.fieldKind === 'message' ? field.message : 'message' in field ? field.message : undefined;
  if (message?.typeName === TimestampSchema.typeName) return timestampCheck;
  if (message) return messageCheck(message);
  if ('enum' in field && field.enum) {
    const values = new Set(field.enum.values.map(({ number }) => number));
    return all([
      (value, path, found) => {
        if (!values.has(value as number)) found.push({ field: path, detail: 'is not one of the known values' });
      },
      rangeCheck(rules),
    ]);
  }
  const scalar = 'scalar' in field ? field.scalar : undefined;
  if (scalar === ScalarType.STRING) return stringCheck(rules);
  if (scalar === ScalarType.BYTES) {
    const size = sizeCheck(rules, 'bytes');
    return (value, path, found) => size((value as Uint8Array).length, path, found);
  }
  return rangeCheck(rules);
}

const all =
  (checks: Check[]): Check =>
  (value, path, found) =>
    checks.forEach((check) => check(value, path, found));

function stringCheck(rules: FieldRules | undefined): Check {
  const pattern = rules?.pattern ? new RegExp(`^(?:${rules.pattern})$`) : undefined;
  const size = sizeCheck(rules, 'characters');
  return (value, path, found) => {
    const text = value as string;
    size(text.length, path, found);
    if (rules?.uuid && !UUID.test(text)) found.push({ field: path, detail: 'must be a UUID in lower case' });
    if (pattern && !pattern.test(text)) found.push({ field: path, detail: `must match ${rules?.pattern}` });
    if (text.includes('\0')) found.push({ field: path, detail: NO_NUL });
  };
}

const sizeCheck = (rules: FieldRules | undefined, unit: string) => (size: number, path: string, found: Violation[]) => {
  if (rules?.maxSize !== undefined && size > rules.maxSize)
    found.push({ field: path, detail: `must have at most ${rules.maxSize} ${unit}` });
  if (rules?.minSize !== undefined && size < rules.minSize)
    found.push({ field: path, detail: `must have at least ${rules.minSize} ${unit}` });
};

function rangeCheck(rules: FieldRules | undefined): Check {
  const { min, max } = rules ?? {};
  return (value, path, found) => {
    if (typeof value !== 'bigint' && typeof value !== 'number') return;
    if (min !== undefined && value < min) found.push({ field: path, detail: `must be at least ${min}` });
    if (max !== undefined && value > max) found.push({ field: path, detail: `must be at most ${max}` });
  };
}

/** What PostgreSQL and JavaScript can both hold: the years 1 to 9999. */
const timestampCheck: Check = (value, path, found) => {
  const { seconds, nanos } = value as { seconds: bigint; nanos: number };
  if (seconds < -62_135_596_800n || seconds > 253_402_300_799n || nanos < 0 || nanos > 999_999_999) {
    found.push({ field: path, detail: 'must be an instant between the years 1 and 9999' });
  }
};
