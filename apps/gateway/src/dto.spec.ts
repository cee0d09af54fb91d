import { describe, expect, it } from '@jest/globals';
import { create, createFileRegistry, type DescMessage } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Kind,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { JobSchema, NewJobSchema, UploadFileRequestSchema } from '@kontor/contracts/compute/v1/compute';
import { AccountSchema, CommandSchema, CreateTransferRequestSchema } from '@kontor/contracts/quota/v1/quota';
import { SuspendTenantRequestSchema } from '@kontor/contracts/tenancy/v1/tenancy';
import { Body, Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApiBody, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { dto, partDto } from './dto.ts';

interface Schema {
  description?: string;
  required?: string[];
  properties: Record<string, Record<string, unknown>>;
}

describe('a message of the contracts as a class', () => {
  it('is one class, however often it is asked for', () => {
    expect(dto(JobSchema)).toBe(dto(JobSchema));
    expect(dto(JobSchema).name).toBe('Job');
  });

  it('whose other fields are in the path is one class too, and not two of the same name', () => {
    const { tenantId, reason } = SuspendTenantRequestSchema.field;
    const body = partDto(SuspendTenantRequestSchema, [reason]);
    expect(body.name).toBe('SuspendTenantBody');
    expect(partDto(SuspendTenantRequestSchema, [reason])).toBe(body);
    expect(() => partDto(SuspendTenantRequestSchema, [tenantId, reason])).toThrow(
      'SuspendTenantBody would have the fields tenantId, reason and reason',
    );
  });

  it('writes 64-bit integers as strings, with the bounds of the contract', async () => {
    const { CreateTransferRequest } = await schemasOf(CreateTransferRequestSchema);
    expect(CreateTransferRequest?.properties['amount']).toEqual({
      type: 'string',
      format: 'int64',
      pattern: '^-?[0-9]+$',
      minimum: 1,
      maximum: 1e18,
      example: '1',
      description: "In the unit of the accounts' asset. From 1 to 1000000000000000000.",
    });
  });

  it('says what is required, how long, how many, and of which pattern', async () => {
    const { NewJob, Workload, InputFile } = await schemasOf(NewJobSchema);
    expect(NewJob?.required).toEqual(['id', 'name', 'workload']);
    expect(NewJob?.properties['id']).toMatchObject({ type: 'string', format: 'uuid' });
    expect(NewJob?.properties['name']).toMatchObject({ minLength: 1, maxLength: 100 });
    expect(Workload?.properties['command']).toMatchObject({
      type: 'array',
      minItems: 1,
      maxItems: 256,
      items: { type: 'string', maxLength: 8192 },
    });
    expect(Workload?.properties['environment']).toEqual({
      type: 'object',
      maxProperties: 200,
      additionalProperties: { type: 'string', maxLength: 32768 },
      description: 'Keys have at most 200 characters.',
    });
    expect(Workload?.properties['inputs']).toMatchObject({
      type: 'array',
      maxItems: 1000,
      items: { $ref: '#/components/schemas/InputFile' },
    });
    expect(InputFile?.properties['sha256']).toEqual({ type: 'string', pattern: '^(?:[0-9a-f]{64})$' });
  });

  it('names enums by their values, once', async () => {
    const { Account, AccountPurpose } = await schemasOf(AccountSchema);
    expect(Account?.properties['purpose']).toEqual({ allOf: [{ $ref: '#/components/schemas/AccountPurpose' }] });
    expect(AccountPurpose).toMatchObject({
      type: 'string',
      enum: expect.arrayContaining(['UNSPECIFIED', 'PROJECT', 'TREASURY', 'REVENUE', 'LATE_USAGE']),
    });
  });

  it('promises every field that has no presence in messages that only we write', async () => {
    const { Job } = await schemasOf(JobSchema);
    expect(Job?.required).toEqual(expect.arrayContaining(['id', 'state', 'outputs', 'billedDeviceMs']));
    expect(Job?.required).not.toContain('exitCode');
    expect(Job?.required).not.toContain('endedAt');
    expect(Job?.properties['createdAt']).toMatchObject({ type: 'string', format: 'date-time' });
  });

  it('writes bytes as base64, of which there may be a third more characters', async () => {
    const { UploadFileRequest } = await schemasOf(UploadFileRequestSchema);
    expect(UploadFileRequest?.properties['data']).toEqual({ type: 'string', format: 'byte', maxLength: 699052 });
  });

  it('leaves the members of a oneof optional and says that they exclude each other', async () => {
    const { Command } = await schemasOf(CommandSchema);
    expect(Command?.required).toBeUndefined();
    expect(Command?.properties['post']).toEqual({
      description: 'Exactly one of reserve, advance, post, void is set.',
      allOf: [{ $ref: '#/components/schemas/PostRequest' }],
    });
  });

  it('may contain itself', async () => {
    const { Tree } = await schemasOf(message('tree.v1', 'Tree'));
    expect(Tree?.properties['inner']).toEqual({ type: 'array', items: { $ref: '#/components/schemas/Tree' } });
  });

  it('may not share its name with a message of another package', () => {
    dto(message('one.v1', 'Twin'));
    expect(() => dto(message('other.v1', 'Twin'))).toThrow(
      'other.v1.Twin and one.v1.Twin would both be the schema Twin',
    );
  });
});

/** The schemas that a document gets from a route with this body. */
async function schemasOf(desc: DescMessage): Promise<Record<string, Schema>> {
  @Controller()
  class Bodies {
    @Post()
    @ApiBody({ type: dto(desc) })
    take(@Body() body: unknown) {
      return body;
    }
  }
  @Module({ controllers: [Bodies] })
  class Holder {}
  const app = await NestFactory.create(Holder, { preview: true, logger: false });
  const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
  return document.components?.schemas as Record<string, Schema>;
}

/** A message that no contract has: a list of itself. */
function message(home: string, name: string): DescMessage {
  const file = create(FileDescriptorProtoSchema, {
    name: `${home}.proto`,
    package: home,
    syntax: 'proto3',
    messageType: [
      {
        name,
        field: [
          {
            name: 'inner',
            jsonName: 'inner',
            number: 1,
            type: Kind.MESSAGE,
            label: Label.REPEATED,
            typeName: `.${home}.${name}`,
          },
        ],
      },
    ],
  });
  const desc = createFileRegistry(file, () => undefined).getMessage(`${home}.${name}`);
  if (desc === undefined) throw new Error('The message was not registered.');
  return desc;
}
