import fc, { type Arbitrary } from 'fast-check';

/** As much of a schema of the OpenAPI document as bodies use. */
export interface Schema {
  $ref?: string;
  description?: string;
  allOf?: Schema[];
  type?: string;
  format?: string;
  pattern?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  items?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
}

export type Schemas = Record<string, Schema>;
type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

const CHARACTERS_MAX = 40;
/** Any that PostgreSQL can hold, in one UTF-16 unit. */
const CHARACTER = fc.integer({ min: 1, max: 0xd7ff }).map((code) => String.fromCodePoint(code));
const DATES = { min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true };

/** Follows references. */
export function resolve(schema: Schema, schemas: Schemas): Schema {
  const [alone] = schema.allOf ?? [];
  if (alone) return resolve(alone, schemas);
  const name = schema.$ref?.replace('#/components/schemas/', '');
  return name === undefined ? schema : resolve(schemas[name] ?? {}, schemas);
}

/** Bodies that the document allows, and which therefore must be taken. */
export function valid(given: Schema, schemas: Schemas): Arbitrary<Json> {
  const schema = resolve(given, schemas);
  if (schema.enum) return fc.constantFrom(...schema.enum.filter((name) => !/UNSPECIFIED$/.test(name)));
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -(2 ** 31), max: schema.maximum ?? 2 ** 31 - 1 });
    case 'string':
      return text(schema);
    case 'array':
      return fc.array(valid(schema.items ?? {}, schemas), { minLength: schema.minItems ?? 0, maxLength: 3 });
    default:
      return schema.properties ? object(schema, schemas) : dictionary(schema, schemas);
  }
}

function text({ format, pattern, minimum, maximum, minLength = 0, maxLength }: Schema): Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return fc.date(DATES).map((at) => at.toISOString());
  if (format === 'int64') return fc.bigInt(bound(minimum, -(2n ** 63n)), bound(maximum, 2n ** 63n - 1n)).map(String);
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern), { size: 'xsmall' });
  return fc.string({ unit: CHARACTER, minLength, maxLength: Math.min(maxLength ?? CHARACTERS_MAX, CHARACTERS_MAX) });
}

const bound = (value: number | undefined, otherwise: bigint): bigint =>
  value === undefined ? otherwise : BigInt(value);

function object({ properties = {}, required = [] }: Schema, schemas: Schemas): Arbitrary<Json> {
  const fields = Object.entries(properties).map(([name, schema]) => [name, valid(schema, schemas)] as const);
  const [rivals] = Object.values(properties).flatMap(rivalsIn);
  if (rivals === undefined) return fc.record(Object.fromEntries(fields), { requiredKeys: required });
  return fc.constantFrom(...rivals).chain((chosen) => {
    const left = fields.filter(([name]) => name === chosen || !rivals.includes(name));
    return fc.record(Object.fromEntries(left), { requiredKeys: [...required, chosen] });
  });
}

/** The names of which a description says that exactly one is set. */
function rivalsIn({ description = '' }: Schema): string[][] {
  const [, names] = /Exactly one of ([\w, ]+) is set\./.exec(description) ?? [];
  return names === undefined ? [] : [names.split(', ')];
}

const dictionary = ({ additionalProperties = {} }: Schema, schemas: Schemas): Arbitrary<Json> =>
  fc.dictionary(fc.string({ minLength: 1, maxLength: 10 }), valid(additionalProperties, schemas), { maxKeys: 3 });

/** Keys that no map may have, whatever the contract says: one that PostgreSQL cannot hold, and one that is too long. */
const BAD_KEY = fc.oneof(
  fc.tuple(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 })).map((around) => around.join('\0')),
  fc.integer({ min: 201, max: 100_000 }).map((length) => 'k'.repeat(length)),
);

const badDictionary = (map: Schema, schemas: Schemas): Arbitrary<Json> =>
  fc
    .tuple(dictionary(map, schemas), BAD_KEY, valid(map.additionalProperties ?? {}, schemas))
    .map(([good, key, value]) => ({ ...(good as Record<string, Json>), [key]: value }));

/**
 * Bodies with one thing wrong: a field too many, a required one missing, an object in place of a value, or a key that
 * no map may have.
 */
export function broken(given: Schema, schemas: Schemas): Arbitrary<Json> {
  const schema = resolve(given, schemas);
  const { required = [], properties = {} } = schema;
  return valid(schema, schemas).chain((body) => {
    const whole = body as Record<string, Json>;
    const hasInside = (field: Schema) => resolve(field, schemas).properties !== undefined;
    const leaves = Object.entries(properties).filter(([, field]) => !hasInside(field));
    const maps = leaves.filter(([, field]) => field.additionalProperties !== undefined);
    const [inner] = Object.entries(properties).filter(([name, field]) => name in whole && hasInside(field));
    return fc.oneof(
      fc.constantFrom('surplus', '__proto__', '$type').map((name) => ({ ...whole, ...surplus(name) })),
      ...required.map((name) => fc.constant<Json>(without(whole, name))),
      ...leaves.map(([name]) => fc.constant<Json>({ ...whole, [name]: { odd: [{}] } })),
      ...maps.map(([name, map]) => badDictionary(map, schemas).map((worse) => ({ ...whole, [name]: worse }))),
      ...(inner ? [broken(inner[1], schemas).map((worse) => ({ ...whole, [inner[0]]: worse }))] : []),
    );
  });
}

/** As JSON.parse makes it: an own property, whatever its name. */
const surplus = (name: string) => JSON.parse(JSON.stringify({ NAME: 1 }).replace('NAME', name)) as Record<string, Json>;

const without = (whole: Record<string, Json>, name: string) =>
  Object.fromEntries(Object.entries(whole).filter(([other]) => other !== name));
