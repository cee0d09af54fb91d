import type { DescField, DescMessage, JsonObject } from '@bufbuild/protobuf';
import { PageRequestSchema } from '@kontor/contracts/resource/v1/resource';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiBody, ApiQuery } from '@nestjs/swagger';
import type { Request } from 'express';
import { commentOf } from './comments.ts';
import { dto, partDto } from './dto.ts';
import { jsonBody } from './json-body.ts';
import { plainSchema } from './plain-schema.ts';
import { readMessage, readShape } from './read-message.ts';

/** A parameter that is read from the request, together with how the OpenAPI document describes it. */
export function described(read: (request: Request) => unknown, ...descriptions: MethodDecorator[]): ParameterDecorator {
  const parameter = createParamDecorator((_: unknown, context: ExecutionContext) =>
    read(context.switchToHttp().getRequest<Request>()),
  )();
  return (target, key, index) => {
    parameter(target, key, index);
    const method = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
    if (key === undefined || method === undefined) throw new Error('Only parameters of methods can be described.');
    descriptions.forEach((describe) => describe(target, key, method));
  };
}

/** The JSON body as a message of the contract, checked by its rules. */
export const MessageBody = (desc: DescMessage) =>
  described(
    async (request) => readMessage(desc, await jsonBody(request)),
    ApiBody({ type: dto(desc), required: true }),
  );

/**
 * These fields of a message from the JSON body, where the path says the rest. The service that gets the whole checks
 * its rules.
 *
 * @param names of the fields, as in JSON
 */
export function MessagePart(desc: DescMessage, names: string[]): ParameterDecorator {
  const fields = names.map((name) => fieldNamed(desc, name));
  return described(
    async (request) => readShape(desc, await jsonBody(request), fields),
    ApiBody({ type: partDto(desc, fields), required: true }),
  );
}

function fieldNamed(desc: DescMessage, name: string): DescField {
  const field = desc.fields.find(({ jsonName }) => jsonName === name);
  if (field === undefined) throw new Error(`${desc.typeName} has no field ${name}.`);
  return field;
}

/** The query as a message of the contract, or these fields of it. Its service checks the rules. */
export const MessageQuery = (desc: DescMessage, fields: DescField[] = desc.fields) =>
  described(
    ({ query }) => readShape(desc, fromQuery(query as Record<string, string>), fields),
    ...fields.map(describeQuery),
  );

/** The query as these fields of a message and the page that is asked for. */
export const PagedQuery = (desc: DescMessage, fields: DescField[]) =>
  described(
    ({ query }) => {
      const { ofPage, others } = splitQuery(query as Record<string, string>);
      return { ...readShape(desc, others, fields), page: readShape(PageRequestSchema, ofPage) };
    },
    ...[...fields, ...PAGE].map(describeQuery),
  );

const PAGE = PageRequestSchema.fields;

/** What asks for a page, and the rest, which says of which list. */
function splitQuery(query: Record<string, string>): { ofPage: JsonObject; others: JsonObject } {
  const isOfPage = (name: string): boolean => PAGE.some(({ jsonName }) => jsonName === name);
  const those = (wanted: boolean) =>
    fromQuery(Object.fromEntries(Object.entries(query).filter(([name]) => isOfPage(name) === wanted)));
  return { ofPage: those(true), others: those(false) };
}

const describeQuery = (field: DescField) =>
  ApiQuery({ name: field.jsonName, required: false, description: commentOf(field), schema: { ...plainSchema(field) } });

/** Query values are text: JSON's true and false have to be made of it. */
const fromQuery = (query: Record<string, string>): JsonObject =>
  Object.fromEntries(Object.entries(query).map(([name, value]) => [name, BOOLEANS.get(value) ?? value]));

const BOOLEANS = new Map([
  ['true', true],
  ['false', false],
]);
