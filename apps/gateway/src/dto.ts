import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ComputeService } from '@kontor/contracts/compute/v1/compute';
import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { BudgetService } from '@kontor/contracts/quota/v1/budget';
import { ChangeService } from '@kontor/contracts/quota/v1/change';
import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import type { Type } from '@nestjs/common';
import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { commentOf } from './comments.ts';
import { componentName, openApiField } from './openapi-field.ts';

interface Known {
  desc: DescMessage;
  fields: DescField[];
  Dto: Type<object>;
}

const known = new Map<string, Known>();

/**
 * A message of the contracts as a class that Nest and its OpenAPI document can use, with the bounds and the comments of
 * the contract. One class for each message, so that the document has one schema for each.
 *
 * @throws where two messages of different packages would share a name in the document
 */
export function dto(desc: DescMessage): Type<object> {
  return classNamed(componentName(desc), desc, desc.fields);
}

/**
 * The same of a request whose other fields are in the path: `UpdateTenantRequest` becomes `UpdateTenantBody`.
 *
 * @throws where it is asked for with these fields and with others
 */
export function partDto(desc: DescMessage, fields: DescField[]): Type<object> {
  return classNamed(componentName(desc).replace(/Request$/, 'Body'), desc, fields);
}

function classNamed(name: string, desc: DescMessage, fields: DescField[]): Type<object> {
  const first = known.get(name);
  if (first) return theSame(first, name, desc, fields);
  const Dto = { [name]: class {} }[name] as Type<object>;
  // Remembered before its fields are described, because a message may contain itself.
  known.set(name, { desc, fields, Dto });
  const description = commentOf(desc);
  ApiSchema({ name, ...(description && { description }) })(Dto);
  const surroundings = { classOf: dto, inReplies: !asked.has(desc.typeName) };
  for (const field of fields) {
    ApiProperty(openApiField(field, surroundings))(Dto.prototype as object, field.jsonName);
  }
  return Dto;
}

function theSame(first: Known, name: string, { typeName }: DescMessage, fields: DescField[]): Type<object> {
  if (first.desc.typeName !== typeName) {
    throw new Error(`${typeName} and ${first.desc.typeName} would both be the schema ${name}: rename one of them.`);
  }
  const [these, those] = [fields, first.fields].map(namesOf);
  if (these !== those) throw new Error(`${name} would have the fields ${these} and ${those}: choose one set.`);
  return first.Dto;
}

const namesOf = (fields: DescField[]): string => fields.map(({ jsonName }) => jsonName).join(', ');

/** Messages that callers write, alone or inside another. Of all others we write every field. */
const asked = new Set<string>();

function collectAsked(desc: DescMessage): void {
  if (asked.has(desc.typeName)) return;
  asked.add(desc.typeName);
  for (const field of desc.fields) if ('message' in field && field.message) collectAsked(field.message);
}

[ComputeService, QuotaService, ProgrammeService, ChangeService, BudgetService, TenancyService, JournalService]
  .flatMap(({ methods }) => methods)
  .forEach(({ input }) => collectAsked(input));
