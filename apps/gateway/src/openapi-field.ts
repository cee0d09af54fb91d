import type { DescEnum, DescField, DescMessage } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence as Presence, TimestampSchema } from '@bufbuild/protobuf/wkt';
import type { FieldRules } from '@kontor/contracts/rules/v1/rules';
import { rulesOf } from '@kontor/kit/rules';
import type { Type } from '@nestjs/common';
import type { ApiPropertyOptions } from '@nestjs/swagger';
import { commentOf } from './comments.ts';
import { collectionSizes, itemSchema, namesOf, plainSchema } from './plain-schema.ts';

/** A message or an enum as a name of its own; `Job.State` becomes `JobState`. */
export const componentName = (desc: DescMessage | DescEnum): string =>
  desc.typeName.slice(desc.file.proto.package.length + 1).replaceAll('.', '');

export interface Surroundings {
  /** The class that describes a message. */
  classOf: (desc: DescMessage) => Type<object>;
  /** Whether only we write the field's message: then whatever has no presence is always there. */
  inReplies: boolean;
}

/** A field as @nestjs/swagger describes it: type, bounds, and the contract's comment. */
export function openApiField(field: DescField, { classOf, inReplies }: Surroundings): ApiPropertyOptions {
  const rules = rulesOf(field);
  const required = rules?.required === true || (inReplies && isAlwaysWritten(field));
  const description = describe(field, rules);
  const said = description ? { description } : {};
  const about = { ...said, required };
  const list = field.fieldKind === 'list' ? { isArray: true, ...collectionSizes(rules, 'Items') } : {};

  if (field.fieldKind === 'map') return { ...said, ...mapSchema(field, rules), selfRequired: required };
  const message = 'message' in field ? field.message : undefined;
  if (message && !isTimestamp(message)) return { ...about, ...list, type: () => classOf(message) };
  const desc = 'enum' in field ? field.enum : undefined;
  // Where the contract allows only some of an enum's values, the field lists those; elsewhere it refers to the enum.
  const isNarrowed = rules?.min !== undefined || rules?.max !== undefined;
  if (desc && !isNarrowed) return { ...about, ...list, enum: namesOf(desc), enumName: enumNamed(desc) };
  if (field.fieldKind !== 'list') return { ...about, ...plainSchema(field) };
  return { ...about, ...collectionSizes(rules, 'Items'), type: 'array', items: { ...itemSchema(field) } };
}

const mapSchema = (field: DescField, rules: FieldRules | undefined) => ({
  type: 'object' as const,
  additionalProperties: { ...itemSchema(field) },
  ...collectionSizes(rules, 'Properties'),
});

const enums = new Map<string, DescEnum>();

function enumNamed(desc: DescEnum): string {
  const name = componentName(desc);
  enums.set(name, desc);
  return name;
}

/**
 * What an enum and each of its values mean; undefined for a schema that is no enum of the contracts. The document's
 * builder would let the description of the first field that has the enum stand for it.
 */
export function enumDescription(schemaName: string): string | undefined {
  const desc = enums.get(schemaName);
  if (desc === undefined) return undefined;
  const values = desc.values.filter((value) => commentOf(value) !== '');
  return [commentOf(desc), ...values.map((value) => `- ${value.name}: ${commentOf(value)}`)].filter(Boolean).join('\n');
}

const isTimestamp = (desc: DescMessage): boolean => desc.typeName === TimestampSchema.typeName;

/** Fields without presence are written even when they are empty. */
function isAlwaysWritten(field: DescField): boolean {
  if (field.fieldKind === 'list' || field.fieldKind === 'map') return true;
  return field.oneof === undefined && field.presence === Presence.IMPLICIT;
}

/**
 * The field's comment, the alternatives it excludes, the exact range of a number that is sent as a string, and the
 * bound of a map's keys, for which OpenAPI 3.0 has no word.
 */
function describe(field: DescField, rules: FieldRules | undefined): string {
  const rivals = field.oneof?.fields.map(({ jsonName }) => jsonName).join(', ');
  const is64 = field.fieldKind === 'scalar' && plainSchema(field).format?.endsWith('int64');
  return [
    commentOf(field),
    rivals && `Exactly one of ${rivals} is set.`,
    is64 && rules?.min !== undefined && rules.max !== undefined && `From ${rules.min} to ${rules.max}.`,
    rules?.keyMaxSize !== undefined && `Keys have at most ${rules.keyMaxSize} characters.`,
  ]
    .filter(Boolean)
    .join(' ');
}
