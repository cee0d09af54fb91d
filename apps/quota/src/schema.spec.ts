import { describe, expect, it } from '@jest/globals';
import { migrate } from '@kontor/postgres/migrate';
import { testDatabase } from '@kontor/testing/database';
import { ask } from '../testing/in-database.ts';
import database from './database.ts';

const [A, B] = ['00000000-0000-5000-8000-000000000001', '00000000-0000-5000-8000-000000000002'];
const PROJECT_ACCOUNT = `INSERT INTO account VALUES ('${A}', '${A}', '${B}', 1, 'CR:demo', 10, 0, 0, '2030-01-01')`;

describe('what the database itself promises', () => {
  it('is what the entities say', async () => {
    await using ledger = await setup();
    expect(await migrate({ ...database, url: ledger.ownerUrl })).toEqual({ ran: [], drift: [] });
  });

  it.each(['transfer', 'journal', 'charge_record', 'rate'])('lets the service only add to %s', async (table) => {
    await using ledger = await setup();
    await expect(ask(ledger.url, `DELETE FROM ${table}`)).rejects.toThrow(`permission denied for table ${table}`);
    await expect(ask(ledger.url, `TRUNCATE ${table}`)).rejects.toThrow(`permission denied for table ${table}`);
    const [column] = await ask<{ name: string }>(ledger.ownerUrl,
      'SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1 LIMIT 1', [table]);
    await expect(ask(ledger.url, `UPDATE ${table} SET ${column?.name} = DEFAULT`)).rejects.toThrow('permission denied');
  });

  it.each(['account', 'reservation', 'leg'])('lets the service delete nothing from %s', async (table) => {
    await using ledger = await setup();
    await expect(ask(ledger.url, `DELETE FROM ${table}`)).rejects.toThrow(`permission denied for table ${table}`);
  });

  it.each([
    'UPDATE account SET floor = -100', 'UPDATE account SET purpose = 2',
    'UPDATE reservation SET ucr_per_device_hour = 0', 'UPDATE reservation SET project_id = id',
    'UPDATE leg SET debit_account_id = credit_account_id',
  ])('keeps the service from %s', async (sql) => {
    await using ledger = await setup();
    await expect(ask(ledger.url, sql)).rejects.toThrow('permission denied');
  });

  it.each([
    ['UPDATE account SET held = 11', 'account_floor_is_respected'],
    ['UPDATE account SET balance = -1', 'account_floor_is_respected'],
    ['UPDATE account SET held = -1', 'account_held_is_not_negative'],
  ])('refuses %s, should the code ever try', async (sql, constraint) => {
    await using ledger = await setup();
    await ask(ledger.url, PROJECT_ACCOUNT);
    await expect(ask(ledger.url, sql)).rejects.toThrow(constraint);
  });

  it('refuses a transfer of nothing and one to itself', async () => {
    await using ledger = await setup();
    const transfer = (credit: string | undefined, amount: number) => ask(ledger.url,
      `INSERT INTO transfer VALUES ($1, $1, $2, 'CR:demo', $3, 1, NULL, '2030-01-01')`, [A, credit, amount]);
    await expect(transfer(B, 0)).rejects.toThrow('transfer_amount_check');
    await expect(transfer(A, 1)).rejects.toThrow('transfer_check');
  });

  const setup = () => testDatabase('quota', database.migrations);
});
