import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { SubmitJobRequestSchema } from '@kontor/contracts/compute/v1/compute';
import type { WorkloadSchema } from '@kontor/contracts/engine/v1/engine';
import {
  ExecuteStreamRequestSchema,
  OpenAccountRequestSchema,
  ReserveRequestSchema,
  SetRateRequestSchema,
  type Account_Purpose,
} from '@kontor/contracts/quota/v1/quota';
import { UpdateTenantRequestSchema } from '@kontor/contracts/tenancy/v1/tenancy';
import { Problem } from './problem.ts';
import { validate } from './validate.ts';

const ID = '01938b2e-4b5c-7d2a-9c3e-5f6a7b8c9d0e';
const UPDATE = { tenantId: ID, resourceVersion: 1n };
const PROJECT = { tenantId: ID, projectId: ID };

function broken(run: () => void): string[] {
  try {
    run();
  } catch (error) {
    return (error as Problem).violations.map(({ field, detail }) => `${field} ${detail}`);
  }
  return [];
}

describe('a request that keeps its contract', () => {
  it('passes', () => {
    expect(broken(() => validate(ReserveRequestSchema, reserve({})))).toEqual([]);
    expect(broken(() => validate(SubmitJobRequestSchema, submit({})))).toEqual([]);
  });

  it('may leave out what is not required', () => {
    expect(
      broken(() => validate(SetRateRequestSchema, create(SetRateRequestSchema, { acceleratorClass: 'cpu.x86_64' }))),
    ).toEqual([]);
  });
});

describe('a request that breaks its contract is told every field at fault', () => {
  it.each([
    ['a missing message', reserve({ project: undefined }), ['project is required']],
    ['a missing number', reserve({ slots: 0 }), ['slots is required']],
    ['a number below its bound', reserve({ slots: -1 }), ['slots must be at least 1']],
    [
      'an int64 above its bound',
      reserve({ coverDeviceMs: 2n ** 63n - 1n }),
      ['coverDeviceMs must be at most 1000000000000000'],
    ],
    ['an id that is none', reserve({ id: 'x' }), ['id must be a UUID in lower case']],
    ['an id in upper case', reserve({ id: ID.toUpperCase() }), ['id must be a UUID in lower case']],
    ['a field of a nested message', reserve({ project: { tenantId: ID } }), ['project.projectId is required']],
    ['two faults at once', reserve({ id: '', slots: 100_001 }), ['id is required', 'slots must be at most 100000']],
  ])('%s', (_, request, found) => {
    expect(broken(() => validate(ReserveRequestSchema, request))).toEqual(found);
  });

  it.each([
    [
      'items of a list, by position',
      submit({
        inputs: [
          { path: 'ok.txt', sha256: 'f'.repeat(64) },
          { path: '../up', sha256: 'f'.repeat(64) },
        ],
      }),
      'job.workload.inputs[1].path must match',
    ],
    [
      'too many items',
      submit({ command: Array.from({ length: 257 }, () => 'x') }),
      'job.workload.command must have at most 256 items',
    ],
    [
      'an item that is too long',
      submit({ command: ['x'.repeat(8193)] }),
      'job.workload.command[0] must have at most 8192 characters',
    ],
    [
      'values of a map, by key',
      submit({ environment: { BIG: 'x'.repeat(32_769) } }),
      'job.workload.environment[BIG] must have at most',
    ],
    [
      'a NUL that no database can keep',
      submit({ environment: { A: 'a\0b' } }),
      'job.workload.environment[A] must not contain the NUL',
    ],
    [
      'a NUL in a key of a map',
      submit({ environment: { 'A\0': 'x' } }),
      'job.workload.environment has a key that must not contain the NUL',
    ],
    [
      'a key of a map that is too long',
      submit({ environment: { ['x'.repeat(201)]: 'x' } }),
      'job.workload.environment has a key that must have at most 200 characters',
    ],
  ])('%s', (_, request, found) => {
    expect(broken(() => validate(SubmitJobRequestSchema, request)).join()).toContain(found);
  });

  it('keys of a map once, and never with the key, which may be as long as a request', () => {
    const environment = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`${i}\0${'x'.repeat(9_999)}`, 'y\0']));
    expect(broken(() => validate(SubmitJobRequestSchema, submit({ environment })))).toEqual([
      'job.workload.environment has a key that must have at most 200 characters',
      'job.workload.environment has a key that must not contain the NUL character',
    ]);
  });

  it('an enum value nobody knows, and one outside its bounds', () => {
    const account = create(OpenAccountRequestSchema, { purpose: 99 as Account_Purpose, asset: 'CR:demo' });
    expect(broken(() => validate(OpenAccountRequestSchema, account))).toEqual([
      'purpose is not one of the known values',
    ]);
  });

  it('an instant that no calendar has', () => {
    const rate = create(SetRateRequestSchema, { acceleratorClass: 'cpu.x86_64', validFrom: { seconds: 10n ** 18n } });
    expect(broken(() => validate(SetRateRequestSchema, rate))).toEqual([
      'validFrom must be an instant between the years 1 and 9999',
    ]);
  });

  it('a value that is there and empty, where the contract tells that from one that is not there', () => {
    const update = (change: { displayName?: string; parentId?: string }) =>
      broken(() => validate(UpdateTenantRequestSchema, create(UpdateTenantRequestSchema, { ...UPDATE, ...change })));
    expect(update({ displayName: '' })).toEqual(['displayName must have at least 1 characters']);
    expect(update({ parentId: '' })).toEqual([]);
    expect(update({})).toEqual([]);
  });

  it('what is inside the chosen branch of a oneof', () => {
    const request = create(ExecuteStreamRequestSchema, {
      command: { command: { case: 'void', value: { id: 'x', project: PROJECT } } },
    });
    expect(broken(() => validate(ExecuteStreamRequestSchema, request))).toEqual([
      'command.void.id must be a UUID in lower case',
    ]);
  });

  it('but no more than twenty, so that an answer is never larger than its question', () => {
    const inputs = Array.from({ length: 900 }, () => ({ path: '', sha256: '' }));
    expect(broken(() => validate(SubmitJobRequestSchema, submit({ inputs })))).toHaveLength(20);
    expect(() => validate(SubmitJobRequestSchema, submit({ inputs }))).toThrow('and 1780 more');
  });

  it('as one problem with what would help', () => {
    expect(() => validate(ReserveRequestSchema, reserve({ slots: 0 }))).toThrow(Problem);
    expect(() => validate(ReserveRequestSchema, reserve({ slots: 0 }))).toThrow(
      'The request is not valid: slots is required.',
    );
  });
});

/** The fields of a message, without the message itself that could be given instead. */
type Fields<S extends DescMessage> = Extract<MessageInitShape<S>, { $typeName?: never }>;

function reserve(changed: Fields<typeof ReserveRequestSchema>) {
  return create(ReserveRequestSchema, {
    project: PROJECT,
    id: ID,
    acceleratorClass: 'cpu.x86_64',
    slots: 1,
    coverDeviceMs: 1n,
    timeoutMs: 1000n,
    ...changed,
  });
}

function submit(changed: Fields<typeof WorkloadSchema>) {
  const workload = {
    command: ['true'],
    acceleratorClass: 'cpu.x86_64',
    devices: 1,
    memoryBytes: 16_777_216n,
    diskBytes: 1_048_576n,
    processes: 1,
    logBytes: 1024n,
    timeLimitMs: 1000n,
    ...changed,
  };
  return create(SubmitJobRequestSchema, { project: PROJECT, job: { id: ID, name: 'n', workload } });
}
