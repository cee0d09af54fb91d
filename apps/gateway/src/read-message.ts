import {
  fromJson,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type MessageShape,
} from '@bufbuild/protobuf';
import { Problem, type Violation } from '@kontor/kit/problem';
import { rulesOf } from '@kontor/kit/rules';
import { validate } from '@kontor/kit/validate';
import { plainSchema } from './plain-schema.ts';

/** More than anybody would read; a hostile body could otherwise make a long reply. */
const VIOLATIONS_MAX = 20;

/**
 * Reads a message from JSON by its contract: unknown names, wrong types, and then every rule of the contract.
 *
 * @throws Problem `invalid_request` that names the fields at fault by their path in the JSON
 */
export function readMessage<D extends DescMessage>(desc: D, json: JsonValue): MessageShape<D> {
  const message = readShape(desc, json);
  try {
    validate(desc, message);
  } catch (error) {
    throw error instanceof Problem ? invalid(error.violations) : error;
  }
  return message;
}

/**
 * The same without the rules, for requests of which only these fields are written by the caller: their service checks
 * the whole.
 */
export function readShape<D extends DescMessage>(desc: D, json: JsonValue, fields = desc.fields): MessageShape<D> {
  const found: Violation[] = [];
  checkObject(desc, json, '', found, fields);
  if (found.length > 0) throw invalid(found);
  try {
    return fromJson(desc, json);
  } catch (error) {
    throw invalid([{ field: '', detail: reasonOf(error) }]);
  }
}

function invalid(found: Violation[]): Problem {
  const named = found.slice(0, VIOLATIONS_MAX);
  const detail = named.map(({ field, detail }) => `${field} ${detail}`.trim()).join('; ');
  return Problem.invalid('invalid_request', `The request is not valid: ${detail}.`, 'Correct the named fields.', named);
}

function checkObject(desc: DescMessage, json: JsonValue, path: string, found: Violation[], fields = desc.fields) {
  if (!isObject(json)) {
    found.push({ field: path, detail: 'must be a JSON object' });
    return;
  }
  for (const [name, value] of Object.entries(json)) {
    if (found.length >= VIOLATIONS_MAX) return;
    const field = fields.find(({ jsonName, name: protoName }) => name === jsonName || name === protoName);
    const at = path === '' ? name : `${path}.${name}`;
    if (field === undefined) found.push({ field: at, detail: 'is not known here' });
    else checkField(desc, field, value, at, found);
  }
}

function checkField(desc: DescMessage, field: DescField, value: JsonValue, path: string, found: Violation[]): void {
  const inner = 'message' in field ? field.message : undefined;
  if (inner === undefined || inner.typeName.startsWith('google.protobuf.') || value === null) {
    const detail = inexact(value) ?? careless(field, value) ?? faultOf(desc, { [field.jsonName]: value });
    if (detail) found.push({ field: path, detail });
  } else if (field.fieldKind === 'list') {
    const most = rulesOf(field)?.maxSize ?? Infinity;
    if (!Array.isArray(value)) found.push({ field: path, detail: 'must be a list' });
    else if (value.length > most) found.push({ field: path, detail: `must have at most ${most} items` });
    else value.forEach((item, i) => found.length < VIOLATIONS_MAX && checkObject(inner, item, `${path}[${i}]`, found));
  } else if (field.fieldKind === 'map') {
    if (!isObject(value)) found.push({ field: path, detail: 'must be a JSON object' });
    else for (const [key, item] of Object.entries(value)) checkObject(inner, item, `${path}[${key}]`, found);
  } else {
    checkObject(inner, value, path, found);
  }
}

/** JSON numbers beyond 2^53 - 1 have lost digits before we see them, so the digits must come as a string. */
function inexact(value: JsonValue): string | undefined {
  const values = Array.isArray(value) ? value : [value];
  const lost = values.some((item) => typeof item === 'number' && Math.abs(item) > Number.MAX_SAFE_INTEGER);
  return lost ? 'is beyond ±9007199254740991, where JSON numbers lose digits: send it as a string' : undefined;
}

/** What the contract's own JSON reader would take and make something else of than its sender may have meant. */
function careless(field: DescField, value: JsonValue): string | undefined {
  const texts = (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
  const { type, format = '' } = plainSchema(field);
  if ((type === 'integer' || format.endsWith('int64')) && !texts.every((text) => INTEGER.test(text))) {
    return 'must be an integer in decimal digits';
  }
  if (format === 'date-time' && !texts.every(isOnCalendar)) return 'must be an instant of the calendar';
  return undefined;
}

const INTEGER = /^-?\d+$/;

/** Where its day or its hour does not exist, Date takes a later one. What is no instant at all is for the reader. */
function isOnCalendar(text: string): boolean {
  const [local = ''] = /^[\d-]{10}T[\d:]{8}/.exec(text) ?? [];
  const read = Date.parse(`${local}Z`);
  return Number.isNaN(read) || new Date(read).toISOString().startsWith(local);
}

/** Lets the contract's own JSON reader judge a single field. */
function faultOf(desc: DescMessage, json: JsonObject): string | undefined {
  try {
    fromJson(desc, json);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** protobuf-es names the field in front of the reason; our violations do that by path. */
const reasonOf = (error: unknown): string =>
  `is not readable: ${String((error as Error).message)
    .replace(/^cannot decode .*? from JSON: /s, '')
    .slice(0, 200)}`;

const isObject = (json: JsonValue): json is JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json);
