import { describe, expect, it } from '@jest/globals';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { ChargeRecord_Cause as Cause, type CommandSchema, type CommandResult, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { testDatabase } from '@kontor/testing/database';
import { eventually } from '@kontor/testing/eventually';
import { testTls } from '@kontor/testing/test-tls';
import pg from 'pg';
import { accountOf, CLASS, expectBalanced, fundedProject, startQuota, UCR_PER_MS } from '../testing/quota-under-test.ts';
import database from './database.ts';

type CommandInit = MessageInitShape<typeof CommandSchema>;

describe('commands as a batch', () => {
  it('are answered one by one and in order: a refusal stops none of the others', async () => {
    await using quota = await setup();
    const [a, b] = [uuid7(), uuid7()];
    const { results } = await quota.compute.executeBatch({ commands: [
      quota.reserve(a, 60n), quota.reserve(b, 60n), quota.advance(a, 10n, 20n), {}, quota.end(a), quota.reserve(b, 60n), quota.advance(a, 99n, 0n),
    ] });
    expect(results.map(outcome)).toEqual([
      'PENDING', 'insufficient_credits', 'PENDING', 'empty_command', 'POSTED', 'PENDING', 'already_posted',
    ]);
    await expectBalanced(quota.gateway);
  });

  it('are refused as a whole where one is malformed, and none has happened', async () => {
    await using quota = await setup();
    const commands = [quota.reserve(uuid7(), 60n), quota.reserve('not-a-uuid', 1n)];
    await expect(quota.compute.executeBatch({ commands })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await accountOf(quota.gateway, quota.project, 'CR:demo')).toMatchObject({ held: 0n });
  });

  it('are a thousand at most', async () => {
    await using quota = await setup();
    const commands = Array.from({ length: 1_001 }, () => quota.reserve(uuid7(), 1n));
    await expect(quota.compute.executeBatch({ commands })).rejects.toMatchObject({ code: 'invalid_request' });
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
    const answers = await Array.fromAsync(quota.compute.executeStream(streamOf([
      quota.reserve(id, 10n), quota.advance(id, 5n, 30n), quota.advance(id, 25n, 40n), quota.end(id),
    ])));
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
    expect((await quota.compute.executeBatch({ commands: [quota.reserve(uuid7(), 10_000n)] })).results.map(outcome))
      .toEqual(['insufficient_credits']);
    await expectBalanced(quota.gateway);
  });
});

describe('a command whose caller stops waiting', () => {
  it('is not begun once the deadline has passed', async () => {
    await using quota = await setup();
    await using lock = await quota.lockAccounts();
    const first = quota.compute.reserve({ ...quota.terms(uuid7()), coverDeviceMs: 1n });
    await eventually('the first batch waits for the lock', lock.isAwaited);
    const late = uuid7();
    await expect(quota.compute.reserve({ ...quota.terms(late), coverDeviceMs: 2n }, { timeoutMs: 300 }))
      .rejects.toMatchObject({ code: 'deadline_exceeded' });
    await lock.release();
    expect((await first).state).toBe(State.PENDING);
    await expect(quota.gateway.getReservation({ project: quota.project, id: late })).rejects.toMatchObject({ code: 'reservation_not_found' });
  });
});

const outcome = (answer: CommandResult | undefined): string => {
  const result = answer?.result;
  return result?.case === 'reservation' ? State[result.value.state] : result?.value?.code ?? 'nothing';
};

async function* streamOf(commands: CommandInit[]) {
  for (const command of commands) yield { command };
}

async function setup() {
  const ledger = await testDatabase('quota', database.migrations);
  const quota = await startQuota({ database: ledger, tls: await testTls(['quota', 'compute', 'gateway']) });
  await quota.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: UCR_PER_MS });
  const project = await fundedProject(quota.gateway, { credits: 100n });
  const terms = (id: string) => ({ project, id, acceleratorClass: CLASS, slots: 1, timeoutMs: 60_000n });
  return {
    ...quota, project, terms,
    reserve: (id: string, coverDeviceMs: bigint): CommandInit => ({ command: { case: 'reserve', value: { ...terms(id), coverDeviceMs } } }),
    advance: (id: string, usedDeviceMs: bigint, coverDeviceMs: bigint): CommandInit =>
      ({ command: { case: 'advance', value: { project, id, usedDeviceMs, coverDeviceMs, timeoutMs: 60_000n } } }),
    end: (id: string): CommandInit => ({ command: { case: 'post', value: { project, id, usedDeviceMs: 30n, cause: Cause.USER } } }),
    /** Another writer that holds all accounts until it is told to let go. */
    async lockAccounts() {
      const client = new pg.Client({ connectionString: ledger.ownerUrl });
      await client.connect();
      await client.query('BEGIN; SELECT * FROM account FOR UPDATE');
      return {
        release: () => client.query('ROLLBACK'),
        isAwaited: async () => (await client.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount !== 0,
        [Symbol.asyncDispose]: () => client.end(),
      };
    },
    async [Symbol.asyncDispose]() {
      await quota[Symbol.asyncDispose]();
      await ledger.drop();
    },
  };
}
