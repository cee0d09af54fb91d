import { describe, expect, it } from '@jest/globals';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  ChargeRecord_Cause as Cause,
  Reservation_State as State,
  type CommandResult,
  type CommandSchema,
} from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { eventually } from '@kontor/testing/eventually';
import pg from 'pg';
import { codeOf, expectBalanced, quotaUnderTest } from '../testing/quota-under-test.ts';

type CommandInit = MessageInitShape<typeof CommandSchema>;

describe('commands as a batch', () => {
  it('are answered one by one and in order: a refusal stops none of the others', async () => {
    await using quota = await setup();
    const [a, b] = [uuid7(), uuid7()];
    const { results } = await quota.compute.executeBatch({
      commands: [
        quota.reserve(a, 60n),
        quota.reserve(b, 60n),
        quota.advance(a, 10n, 20n),
        {},
        quota.end(a),
        quota.reserve(b, 60n),
        quota.advance(a, 99n, 0n),
      ],
    });
    expect(results.map(outcome)).toEqual([
      'PENDING',
      'insufficient_credits',
      'PENDING',
      'empty_command',
      'POSTED',
      'PENDING',
      'already_posted',
    ]);
    await expectBalanced(quota.gateway);
  });

  it('that come again are answered with what there is, and the new ones beside them are carried out', async () => {
    await using quota = await setup();
    const [a, b, c] = [uuid7(), uuid7(), uuid7()];
    const batchOf = async (...commands: CommandInit[]): Promise<string[]> =>
      (await quota.compute.executeBatch({ commands })).results.map(outcome);
    expect(await batchOf(quota.reserve(a, 30n))).toEqual(['PENDING']);
    // There is enough to make it twice.
    expect(await batchOf(quota.reserve(a, 30n), quota.reserve(b, 40n))).toEqual(['PENDING', 'PENDING']);
    // There is not.
    expect(await batchOf(quota.reserve(c, 30n), quota.reserve(b, 40n), quota.reserve(a, 30n))).toEqual([
      'PENDING',
      'PENDING',
      'PENDING',
    ]);
    expect((await quota.credits()).held).toBe(100n);
    await expectBalanced(quota.gateway);
  });

  it('are refused as a whole where one is malformed, and none has happened', async () => {
    await using quota = await setup();
    const commands = [quota.reserve(uuid7(), 60n), quota.reserve('not-a-uuid', 1n)];
    expect(await codeOf(quota.compute.executeBatch({ commands }))).toBe('invalid_request');
    expect((await quota.credits()).held).toBe(0n);
  });

  it('are a thousand at most', async () => {
    await using quota = await setup();
    const commands = Array.from({ length: 1_001 }, () => quota.reserve(uuid7(), 1n));
    expect(await codeOf(quota.compute.executeBatch({ commands }))).toBe('invalid_request');
    const { results } = await quota.compute.executeBatch({ commands: commands.slice(0, 1_000) });
    expect(results.filter((result) => outcome(result) === 'PENDING')).toHaveLength(100);
  });
});

describe('commands as a stream', () => {
  it('are answered once each and in order, refusals among them', async () => {
    await using quota = await setup();
    const ids = Array.from({ length: 3_000 }, () => uuid7());
    const answers = quota.compute.executeStream(streamOf(ids.map((id) => quota.reserve(id, 1n))));
    const seen: string[] = [];
    for await (const { result } of answers) {
      seen.push(outcome(result));
      if (result?.result.case === 'reservation') expect(result.result.value.id).toBe(ids[seen.length - 1]);
    }
    expect(seen).toHaveLength(3_000);
    expect(seen.filter((each) => each === 'PENDING')).toHaveLength(100);
    expect(seen.filter((each) => each === 'insufficient_credits')).toHaveLength(2_900);
  });

  it('may follow each other on one reservation', async () => {
    await using quota = await setup();
    const id = uuid7();
    const answers = await Array.fromAsync(
      quota.compute.executeStream(
        streamOf([quota.reserve(id, 10n), quota.advance(id, 5n, 30n), quota.advance(id, 25n, 40n), quota.end(id)]),
      ),
    );
    expect(answers.map(({ result }) => outcome(result))).toEqual(['PENDING', 'PENDING', 'PENDING', 'POSTED']);
  });

  it('are left alone when their caller goes away, and the next caller is served', async () => {
    await using quota = await setup();
    const endless = async function* () {
      for (;;) yield { command: quota.reserve(uuid7(), 1n) };
    };
    let read = 0;
    for await (const _ of quota.compute.executeStream(endless())) if (++read === 50) break;
    expect(read).toBe(50);
    expect(await codeOf(quota.compute.reserve(quota.terms(uuid7(), 10_000n)))).toBe('insufficient_credits');
    await expectBalanced(quota.gateway);
  });
});

describe('a command whose caller stops waiting', () => {
  it('is not begun once the deadline has passed', async () => {
    await using quota = await setup();
    await using lock = await lockAccounts(quota.database.ownerUrl);
    const first = quota.compute.reserve(quota.terms());
    await eventually('the first batch waits for the lock', lock.isAwaited);
    const late = quota.terms();
    expect(await codeOf(quota.compute.reserve(late, { timeoutMs: 300 }))).toBe('deadline_exceeded');
    await lock.release();
    expect((await first).state).toBe(State.PENDING);
    const read = quota.gateway.getReservation({ project: quota.project, id: late.id });
    expect(await codeOf(read)).toBe('reservation_not_found');
  });
});

const outcome = (answer: CommandResult | undefined): string => {
  const result = answer?.result;
  return result?.case === 'reservation' ? State[result.value.state] : (result?.value?.code ?? 'nothing');
};

async function* streamOf(commands: CommandInit[]) {
  for (const command of commands) yield { command };
}

async function setup() {
  const quota = await quotaUnderTest({ credits: 100n });
  const { project, terms } = quota;
  const reserve = (id: string, coverDeviceMs: bigint): CommandInit => ({
    command: { case: 'reserve', value: terms(id, coverDeviceMs) },
  });
  const advance = (id: string, usedDeviceMs: bigint, coverDeviceMs: bigint): CommandInit => ({
    command: { case: 'advance', value: { project, id, usedDeviceMs, coverDeviceMs, timeoutMs: 60_000n } },
  });
  const end = (id: string): CommandInit => ({
    command: { case: 'post', value: { project, id, usedDeviceMs: 30n, cause: Cause.USER } },
  });
  return { ...quota, reserve, advance, end };
}

/** Another writer that holds all accounts until it is told to let go. */
async function lockAccounts(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`BEGIN; SELECT set_config('kontor.all', 'on', true); SELECT * FROM account FOR UPDATE`);
  return {
    release: () => client.query('ROLLBACK'),
    isAwaited: async () => (await client.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount !== 0,
    [Symbol.asyncDispose]: () => client.end(),
  };
}
