import { ScalarType, type DescEnum, type DescField } from '@bufbuild/protobuf';
import type { FieldRules } from '@kontor/contracts/rules/v1/rules';
import { rulesOf } from '@kontor/kit/rules';

/** A schema without references: what a scalar, an instant or the name of an enum's value looks like in JSON. */
export interface PlainSchema {
  type: 'string' | 'integer' | 'number' | 'boolean';
  format?: string;
  enum?: string[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  example?: string | number;
}

/** One value of a field with its bounds. A message is taken for an instant, the only one that is a plain value. */
export function plainSchema(field: DescField): PlainSchema {
  const rules = rulesOf(field);
  const desc = 'enum' in field ? field.enum : undefined;
  if (desc) return { type: 'string', enum: namesOf(desc, rules) };
  if ('message' in field && field.message) return { type: 'string', format: 'date-time' };
  switch ('scalar' in field ? field.scalar : undefined) {
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: 'number' };
    case ScalarType.STRING:
      return text(rules, rules?.maxSize);
    case ScalarType.BYTES:
      return { type: 'string', format: 'byte', ...given({ maxLength: base64Length(rules?.maxSize) }) };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { type: 'string', format: 'int64', pattern: '^-?[0-9]+$', ...range(rules), example: `${least(rules)}` };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { type: 'string', format: 'uint64', pattern: '^[0-9]+$', ...range(rules), example: `${least(rules)}` };
    default:
      return { type: 'integer', format: 'int32', ...range(rules), example: Number(least(rules)) };
  }
}

/** One item of a list, or one value of a map: the rules hold for each of them, only the size is the collection's. */
export function itemSchema(field: DescField): PlainSchema {
  const rules = rulesOf(field);
  const isText = 'scalar' in field && field.scalar === ScalarType.STRING;
  if (!isText) return plainSchema(field);
  return text(rules && { ...rules, required: false, minSize: undefined }, rules?.itemMaxSize);
}

/** How many items a collection may have. */
export function collectionSizes(rules: FieldRules | undefined, of: 'Items' | 'Properties') {
  return given({ [`min${of}`]: rules?.minSize ?? (rules?.required ? 1 : undefined), [`max${of}`]: rules?.maxSize });
}

/** The names of an enum's values, or of those within the bounds. */
export const namesOf = (desc: DescEnum, { min, max }: Partial<FieldRules> = {}): string[] =>
  desc.values
    .filter(({ number }) => (min === undefined || number >= min) && (max === undefined || number <= max))
    .map(({ name }) => name);

function text(rules: Partial<FieldRules> | undefined, longest: number | undefined): PlainSchema {
  const saysMore = rules?.uuid === true || Boolean(rules?.pattern);
  return {
    type: 'string',
    ...(rules?.uuid && { format: 'uuid' }),
    ...(rules?.pattern && { pattern: `^(?:${rules.pattern})$` }),
    ...given({ minLength: rules?.minSize ?? (rules?.required && !saysMore ? 1 : undefined), maxLength: longest }),
  };
}

/** Only bounds that a JSON number holds exactly: a rounded one would be a wrong one. */
const range = (rules: FieldRules | undefined) => given({ minimum: exactly(rules?.min), maximum: exactly(rules?.max) });

/** A number to try: what makes examples by itself likes the largest, or makes up digits. */
const least = (rules: FieldRules | undefined): bigint => rules?.min ?? 0n;

const exactly = (bound: bigint | undefined): number | undefined =>
  bound !== undefined && BigInt(Number(bound)) === bound ? Number(bound) : undefined;

const base64Length = (bytes: number | undefined) => (bytes === undefined ? undefined : Math.ceil(bytes / 3) * 4);

/** Leaves out what is not set, because a schema that says undefined is not the same as one that says nothing. */
const given = <K extends string>(values: Record<K, number | undefined>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Record<K, number>>;
