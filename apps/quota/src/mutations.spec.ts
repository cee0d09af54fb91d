import { describe, expect, it } from '@jest/globals';
import { BudgetService } from '@kontor/contracts/quota/v1/budget';
import { ChangeService } from '@kontor/contracts/quota/v1/change';
import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { ChargeRecord_Cause as Cause, QuotaService } from '@kontor/contracts/quota/v1/quota';
import { countLine, countMutations } from '@kontor/kit/journal-mutations';
import { another, superuserUrl, undone } from '@kontor/testing/around-service';
import { mutatingMethods } from '@kontor/testing/mutating-methods';
import { CountMutations1700000000006 } from '../migrations/0006-count-mutations.ts';
import { everything, EVERY_MUTATION, officeOf, passTime } from '../testing/every-mutation.ts';
import { codeOf, quotaUnderTest } from '../testing/quota-under-test.ts';
import { quotaMutations } from './mutations.ts';

const COMPLETE = expect.stringMatching(/^journal complete: mutations=(\d+) records=\1$/);

/** What only the superuser can do, and what the count then says. */
const AROUND: [sql: string, said: string][] = [
  [another('reservation', `'id', gen_random_uuid()`), '(reservations: '],
  ['UPDATE reservation SET state = 3, mutations = mutations + 1 WHERE state = 4', '(voids: '],
  [another('charge_record', `'reservation_id', gen_random_uuid()`), '(charges: '],
  ['UPDATE reservation SET mutations = mutations + 1 WHERE state = 2', '(advances and expiries: '],
  [another('account', `'id', gen_random_uuid()`, 'purpose = 1'), '(accounts: '],
  [another('transfer', `'id', gen_random_uuid()`, 'NOT of_decision AND reason = 1'), '(transfers by hand: '],
  [another('rate', `'valid_from', '2031-01-01'`, 'NOT of_decision'), '(rates by hand: '],
  ['UPDATE rate SET ucr_per_device_hour = 1 WHERE NOT of_decision', '(rates by hand: '],
  [`UPDATE change SET state = 2, decided_by = 'nobody' WHERE state = 1`, '(changes: '],
  [`UPDATE proposal SET reasons = 'none' WHERE state = 2`, '(proposals: '],
  ['UPDATE award SET granted_ucr = granted_ucr + 1', '(changes of awards: '],
  [
    another('award', `'proposal_id', gen_random_uuid(), 'id', (SELECT id FROM account WHERE purpose = 2 LIMIT 1)`),
    '(awards without a proposal: 1 against 0)',
  ],
  [`UPDATE programme SET terms = terms || '{"subsidyPpm": 1}'`, '(programmes without a decision: '],
  [
    `INSERT INTO authorisation (authorised_ucr, at) VALUES (5, '2031-01-01')`,
    '(authorisations without a decision: 1 against 0)',
  ],
  ['UPDATE authorisation SET authorised_ucr = 5', '(authorisations without a decision: '],
  [another('journal', `'seq', 999999`, `action = 'rate.set'`, 'OVERRIDING SYSTEM VALUE'), '(rates by hand: '],
  [another('journal', `'seq', 999999, 'action', 'x'`, 'true', 'OVERRIDING SYSTEM VALUE'), ' uncounted=1'],
];

describe('whatever quota is asked to change', () => {
  it('is told in every-mutation.ts, each method of its contracts', () => {
    const methods = mutatingMethods(QuotaService, ProgrammeService, ChangeService, BudgetService);
    expect(Object.keys(EVERY_MUTATION).toSorted()).toEqual(methods.toSorted());
  });

  it('leaves one record for each mutation, as does the passing of time', async () => {
    await using office = await setup();
    for (const [name, mutate] of Object.entries(EVERY_MUTATION)) {
      await mutate(office);
      expect([name, await office.line()]).toEqual([name, COMPLETE]);
    }
    await passTime(office);
    expect(await office.line()).toEqual(COMPLETE);
    const { kinds } = await office.count();
    expect(kinds.filter(({ what, records }) => records === 0n && !what.includes('without'))).toEqual([]);
  });

  it('leaves none where it was done before, or is refused', async () => {
    await using office = await setup();
    const { compute, project } = office;
    const terms = office.terms();
    const named = { project, id: terms.id };
    const asked = [
      () => compute.reserve(terms),
      () => compute.reserve({ ...terms, slots: 2 }),
      () => compute.advance({ ...named, usedDeviceMs: 4n, coverDeviceMs: 20n, timeoutMs: 60_000n }),
      () => compute.post({ ...named, usedDeviceMs: 14n, cause: Cause.USER }),
      () => compute.void(named),
    ];
    for (const ask of asked) await codeOf(ask());
    const before = await office.count();
    for (const ask of [...asked, ...asked]) await codeOf(ask());
    expect(await office.count()).toEqual(before);
    expect(countLine(before)).toEqual(COMPLETE);
  });
});

describe('the count', () => {
  it('misses any record that is gone', async () => {
    await using office = await setup();
    await everything(office);
    const { records } = await office.first.journal.listJournal({ page: { pageSize: 500 } });
    const actions = [...new Set(records.map(({ action }) => action))];
    expect(actions).toHaveLength(19);
    for (const action of actions) {
      const line = await office.after(`DELETE FROM journal WHERE seq = (
        SELECT min(seq) FROM journal WHERE action = '${action}')`);
      expect([action, line]).toEqual([action, expect.stringContaining('INCOMPLETE')]);
    }
  });

  it('sees what was made around the service', async () => {
    await using office = await setup();
    await everything(office);
    for (const [sql, said] of AROUND) {
      const line = await office.after(sql);
      expect([sql, line]).toEqual([sql, expect.stringContaining('INCOMPLETE')]);
      expect([sql, line]).toEqual([sql, expect.stringContaining(said)]);
    }
    expect(await office.line()).toEqual(COMPLETE);
  });

  it('is right from the first moment where there was a ledger before it', async () => {
    await using office = await setup();
    await everything(office);
    const after = await undone(office.database.ownerUrl, async (runner) => {
      const migration = new CountMutations1700000000006();
      await runner.query(`SELECT set_config('kontor.all', 'on', true)`);
      await migration.down(runner);
      await migration.up(runner);
      return countMutations(runner.manager, quotaMutations);
    });
    const { kinds } = await office.count();
    expect(after.kinds).toEqual(kinds.map(({ what, mutations, records }) => ({ what, mutations, records })));
  });
});

async function setup() {
  const office = officeOf(await quotaUnderTest());
  const count = async () => {
    const { count } = await office.first.journal.verifyJournal({ count: true });
    if (!count) throw new Error('Nothing was counted.');
    return count;
  };
  return {
    ...office,
    count,
    line: async () => countLine(await count()),
    /** What the count would be after some SQL of the superuser. */
    after: (sql: string) =>
      undone(superuserUrl(office.database), async (runner) => {
        await runner.query(sql);
        return countLine(await countMutations(runner.manager, quotaMutations));
      }),
  };
}
