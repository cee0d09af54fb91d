import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { NewJobSchema, ReadJobLogRequestSchema } from '@kontor/contracts/compute/v1/compute';
import { CommandSchema, CreateTransferRequestSchema, SetRateRequestSchema } from '@kontor/contracts/quota/v1/quota';
import type { Problem, Violation } from '@kontor/kit/problem';
import { newJob, workload } from '../testing/gateway-under-test.ts';
import { readMessage, readShape } from './read-message.ts';

const id = '018f0000-0000-7000-8000-000000000001';
const transfer = (amount: JsonValue) => ({ id, debitAccountId: id, creditAccountId: id, amount, reason: 'GRANT' });
const rate = (validFrom: JsonValue) => ({ acceleratorClass: 'cpu.x86_64', ucrPerDeviceHour: '1', validFrom });

describe('reading a message', () => {
  it('takes what the contract allows, names in either form', () => {
    const job = readMessage(NewJobSchema, newJob({ workload: workload({ memoryBytes: 268435456 }) }));
    expect(job.workload).toMatchObject({ memoryBytes: 268435456n, environment: { SEED: '7' } });
    const snake = { ...transfer('5'), debitAccountId: undefined, debit_account_id: id };
    const sent = JSON.parse(JSON.stringify(snake)) as JsonValue;
    expect(readMessage(CreateTransferRequestSchema, sent)).toMatchObject({ amount: 5n, debitAccountId: id });
  });

  const exact: Record<string, [JsonValue, bigint]> = {
    'as a number up to 2^53 - 1': [Number.MAX_SAFE_INTEGER, 9007199254740991n],
    'as a string at 2^53 + 1': ['9007199254740993', 9007199254740993n],
    'as a string at the bound': ['1000000000000000000', 10n ** 18n],
  };
  it.each(Object.entries(exact))('takes a 64-bit integer %s to the last digit', (_, [sent, read]) => {
    expect(readMessage(CreateTransferRequestSchema, transfer(sent)).amount).toBe(read);
  });

  const wrong: Record<string, [JsonValue, string]> = {
    'a number of 2^53': [
      2 ** 53,
      'amount is beyond ±9007199254740991, where JSON numbers lose digits: send it as a string',
    ],
    'a number below -2^53': [-(2 ** 53) - 2, 'amount is beyond ±9007199254740991'],
    'a number too large for a double': [Infinity, 'amount is beyond ±9007199254740991'],
    '2^63': ['9223372036854775808', 'amount is not readable'],
    '2^63 - 1, which fits but breaks the bound': ['9223372036854775807', 'amount must be at most 1000000000000000000'],
    'the text NaN': ['NaN', 'amount must be an integer in decimal digits'],
    'a fraction': [1.5, 'amount is not readable'],
    'a negative amount': ['-1', 'amount must be at least 1'],
    zero: ['0', 'amount is required'],
    null: [null, 'amount is required'],
    'a list': [['1'], 'amount is not readable'],
    'an object': [{ value: 1 }, 'amount is not readable'],
    hexadecimal: ['0x10', 'amount must be an integer in decimal digits'],
    'space around it': [' 12 ', 'amount must be an integer in decimal digits'],
    'a sign in front of a positive one': ['+5', 'amount must be an integer in decimal digits'],
    'a whole number with a point': ['5.0', 'amount must be an integer in decimal digits'],
    true: [true, 'amount is not readable'],
  };
  it.each(Object.entries(wrong))('refuses %s as an amount', (_, [sent, detail]) => {
    expect(faultsOf(() => readMessage(CreateTransferRequestSchema, transfer(sent)))).toEqual([
      expect.stringContaining(detail),
    ]);
  });

  it('names every field at fault by its path', () => {
    const faults = faultsOf(() =>
      readMessage(NewJobSchema, {
        id: 5,
        nickname: 'x',
        workload: { environment: 3, inputs: [{ path: 1, colour: 'red' }, 7], outputs: 'all' },
      }),
    );
    expect(faults).toEqual([
      'id is not readable: expected string, got 5',
      'nickname is not known here',
      'workload.environment is not readable: expected object, got 3',
      'workload.inputs[0].path is not readable: expected string, got 1',
      'workload.inputs[0].colour is not known here',
      'workload.inputs[1] must be a JSON object',
      expect.stringMatching(/^workload.outputs is not readable: expected Array/),
    ]);
  });

  it('refuses a field that is sent under both of its names, and two members of a oneof', () => {
    expect(
      faultsOf(() => readMessage(CreateTransferRequestSchema, { ...transfer('1'), debit_account_id: id })),
    ).toEqual([expect.stringContaining('set multiple times')]);
    expect(faultsOf(() => readMessage(CommandSchema, { void: {}, post: {} }))).toEqual([
      expect.stringContaining('oneof set multiple times by void and post'),
    ]);
  });

  it.each([[[]], ['text'], [7], [true], [null]])('refuses %j, which is no object', (json: JsonValue) => {
    expect(faultsOf(() => readMessage(NewJobSchema, json))).toEqual([' must be a JSON object']);
  });

  it.each(['2026-13-01T00:00:00Z', 'yesterday', 5, '10000-01-01T00:00:00Z'])('refuses %j as an instant', (sent) => {
    expect(faultsOf(() => readMessage(SetRateRequestSchema, rate(sent)))).toEqual([
      expect.stringContaining('validFrom is not readable'),
    ]);
  });

  it.each(['2030-02-30T00:00:00Z', '2030-02-29T12:00:00+01:00', '2030-04-31T00:00:00.5Z', '2030-01-01T24:00:00Z'])(
    'refuses %s, which is on no calendar',
    (sent) => {
      expect(faultsOf(() => readMessage(SetRateRequestSchema, rate(sent)))).toEqual([
        'validFrom must be an instant of the calendar',
      ]);
    },
  );

  it('takes an instant in whatever time zone, to the nanosecond', () => {
    const { validFrom } = readMessage(SetRateRequestSchema, rate('2028-02-29T23:30:00.123456789-01:00'));
    expect(validFrom).toMatchObject({ seconds: BigInt(Date.UTC(2028, 2, 1, 0, 30) / 1_000), nanos: 123456789 });
  });

  it('does not let a name like __proto__ through, nor lets it do anything', () => {
    const json = JSON.parse('{"__proto__": {"id": "x"}, "constructor": 1}') as JsonValue;
    expect(faultsOf(() => readMessage(NewJobSchema, json))).toEqual([
      '__proto__ is not known here',
      'constructor is not known here',
    ]);
    const named = JSON.parse(JSON.stringify(newJob()).replace('SEED', '__proto__')) as JsonValue;
    expect(Object.entries(readMessage(NewJobSchema, named).workload?.environment ?? {})).toEqual([['__proto__', '7']]);
  });

  it('keeps its refusal short, however much is wrong', () => {
    const flood = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`field${i}`, i]));
    expect(faultsOf(() => readMessage(NewJobSchema, flood))).toHaveLength(20);
    const inputs = Array.from({ length: 1_000 }, () => ({}));
    expect(faultsOf(() => readMessage(NewJobSchema, newJob({ workload: workload({ inputs }) })))).toHaveLength(20);
  });

  it('of a part of a message takes that part only', () => {
    const { offset, follow } = ReadJobLogRequestSchema.field;
    expect(readShape(ReadJobLogRequestSchema, { offset: '7', follow: true }, [offset, follow])).toMatchObject({
      offset: 7n,
      follow: true,
    });
    expect(faultsOf(() => readShape(ReadJobLogRequestSchema, { id }, [offset, follow]))).toEqual([
      'id is not known here',
    ]);
  });
});

function faultsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    const { code, violations } = error as Problem;
    expect(code).toBe('invalid_request');
    return violations.map(({ field, detail }: Violation) => `${field} ${detail}`);
  }
  return [];
}
