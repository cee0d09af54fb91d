import { describe, expect, it } from '@jest/globals';
import { migrate } from '@kontor/postgres/migrate';
import { testDatabase } from '@kontor/testing/database';
import { asLedger, ask } from '../testing/in-database.ts';
import database from './database.ts';

const [A, B] = ['00000000-0000-5000-8000-000000000001', '00000000-0000-5000-8000-000000000002'];
const PROJECT_ACCOUNT = `INSERT INTO account VALUES ('${A}', '${A}', '${B}', 1, 'CR:demo', 10, 0, 0, '2030-01-01')`;

describe('what the database itself promises', () => {
  it('is what the entities say', async () => {
    await using ledger = await setup();
    expect(await migrate({ ...database, url: ledger.ownerUrl })).toEqual({ ran: [], drift: [] });
  });

  it.each(['transfer', 'journal', 'charge_record', 'rate', 'authorisation', 'founding'])(
    'lets the service only add to %s',
    async (table) => {
      await using ledger = await setup();
      await expect(ask(ledger.writes, `DELETE FROM ${table}`)).rejects.toThrow(`permission denied for table ${table}`);
      await expect(ask(ledger.writes, `TRUNCATE ${table}`)).rejects.toThrow(`permission denied for table ${table}`);
      const [column] = await ask<{ name: string }>(
        ledger.ownerUrl,
        'SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1 LIMIT 1',
        [table],
      );
      const update = `UPDATE ${table} SET ${column?.name} = DEFAULT`;
      await expect(ask(ledger.writes, update)).rejects.toThrow('permission denied');
    },
  );

  it.each(['account', 'reservation', 'leg', 'programme', 'proposal', 'award', 'change'])(
    'lets the service delete nothing from %s',
    async (table) => {
      await using ledger = await setup();
      await expect(ask(ledger.writes, `DELETE FROM ${table}`)).rejects.toThrow(`permission denied for table ${table}`);
    },
  );

  it.each([
    'UPDATE account SET floor = -100',
    'UPDATE account SET purpose = 2',
    'UPDATE reservation SET ucr_per_device_hour = 0',
    'UPDATE reservation SET project_id = id',
    'UPDATE leg SET debit_account_id = credit_account_id',
    'UPDATE account SET subsidy_ppm = 1',
    'UPDATE reservation SET award_id = id',
    'UPDATE award SET granted_ucr = 1',
    'UPDATE change SET proposed_by = id',
    'UPDATE proposal SET applicant = rule',
  ])('keeps the service from %s', async (sql) => {
    await using ledger = await setup();
    await expect(ask(ledger.writes, sql)).rejects.toThrow('permission denied');
  });

  it.each([
    ['UPDATE account SET held = 11', 'account_floor_is_respected'],
    ['UPDATE account SET balance = -1', 'account_floor_is_respected'],
    ['UPDATE account SET held = -1', 'account_held_is_not_negative'],
  ])('refuses %s, should the code ever try', async (sql, constraint) => {
    await using ledger = await setup();
    await ask(ledger.writes, PROJECT_ACCOUNT);
    await expect(ask(ledger.writes, sql)).rejects.toThrow(constraint);
  });

  it('keeps awards and pots from giving more than they have, and shares from being more than all', async () => {
    await using ledger = await setup();
    const account = (purpose: number, rest: string) =>
      ask(
        ledger.writes,
        `
      INSERT INTO account (id, tenant_id, project_id, purpose, asset, balance, held, created_at, floor, subsidy_ppm,
        ends_at)
      VALUES ('${A}', ${purpose === 5 ? `'${A}', '${B}'` : 'NULL, NULL'}, ${purpose}, 'CR:demo', 10, 0, '2030-01-01',
        ${rest})`,
      );
    await expect(account(5, `-1, 400000, '2030-01-02'`)).rejects.toThrow('account_of_award_has_terms');
    await expect(account(5, `0, 1000001, '2030-01-02'`)).rejects.toThrow('account_of_award_has_terms');
    await expect(account(5, '0, NULL, NULL')).rejects.toThrow('account_of_award_has_terms');
    await expect(account(6, 'NULL, NULL, NULL')).rejects.toThrow('account_that_gives_has_floor');
    await account(6, '0, NULL, NULL');
    await expect(ask(ledger.writes, 'UPDATE account SET balance = -1')).rejects.toThrow('account_floor_is_respected');
  });

  it('refuses a change that one person makes alone, should the code ever let it pass', async () => {
    await using ledger = await setup();
    const change = (by: string) =>
      ask(
        ledger.writes,
        `
      INSERT INTO change VALUES ('${A}', '{}', NULL, 'x', 'one', '2030-01-01', 2, $1, '2030-01-01', '')`,
        [by],
      );
    await expect(change('one')).rejects.toThrow('change_takes_two_persons');
    await change('other');
  });

  it('refuses a transfer of nothing and one to itself', async () => {
    await using ledger = await setup();
    const transfer = (credit: string | undefined, amount: number) =>
      ask(ledger.writes, `INSERT INTO transfer VALUES ($1, $1, $2, 'CR:demo', $3, 1, NULL, '2030-01-01')`, [
        A,
        credit,
        amount,
      ]);
    await expect(transfer(B, 0)).rejects.toThrow('transfer_amount_check');
    await expect(transfer(A, 1)).rejects.toThrow('transfer_check');
  });

  async function setup() {
    const ledger = await testDatabase('quota', database.migrations);
    return { ...ledger, writes: asLedger(ledger.url), [Symbol.asyncDispose]: () => ledger.drop() };
  }
});
