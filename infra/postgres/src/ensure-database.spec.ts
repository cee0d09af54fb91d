import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, stopCluster, type Cluster } from './cluster.ts';
import { asAdmin, ensureDatabase, withDatabase } from './ensure-database.ts';

describe('the database of a service', () => {
  let cluster: Cluster;
  const folder = mkdtempSync(join(tmpdir(), 'kontor-database-'));

  beforeAll(async () => {
    cluster = await startCluster({
      directory: join(folder, 'postgres'),
      port: 0,
      logFile: join(folder, 'log'),
      durability: 'none',
    });
  });

  afterAll(async () => {
    await stopCluster(cluster);
    rmSync(folder, { recursive: true });
  });

  it('has an owner that makes tables and a service role that may not', async () => {
    const { ownerUrl, url } = await ensure('quota');
    await sql(ownerUrl, 'CREATE TABLE ledger (id int)');
    await expect(sql(url, 'CREATE TABLE mine (id int)')).rejects.toThrow('permission denied for schema public');
    await expect(sql(url, 'CREATE TEMP TABLE mine (id int)')).rejects.toThrow(
      'permission denied to create temporary tables',
    );
    await expect(sql(url, 'SELECT * FROM ledger')).rejects.toThrow('permission denied for table ledger');
    await sql(ownerUrl, 'GRANT SELECT ON ledger TO kontor_quota');
    expect(await sql(url, 'SELECT * FROM ledger')).toEqual([]);
  });

  it('gives no role any power beyond it', async () => {
    await ensure('quota');
    const powers = `SELECT rolname, rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS power
      FROM pg_roles WHERE rolname ~ '^kontor_quota' ORDER BY rolname`;
    expect(await sql(cluster.adminUrl, powers)).toEqual([
      { rolname: 'kontor_quota', power: false },
      { rolname: 'kontor_quota_ledger', power: false },
      { rolname: 'kontor_quota_owner', power: false },
    ]);
  });

  it('has a role that nobody signs in as; the service may take it on, and lacks its rights before', async () => {
    const { ownerUrl, url } = await ensure('quota');
    await sql(ownerUrl, 'CREATE TABLE money AS SELECT 1 AS one; GRANT SELECT ON money TO kontor_quota_ledger');
    await expect(sql(url, 'SELECT * FROM money')).rejects.toThrow('permission denied for table money');
    const as = new URL(url);
    as.searchParams.set('options', '-c role=kontor_quota_ledger');
    expect(await sql(as.href, 'SELECT one, current_user::text AS who FROM money')).toEqual([
      { one: 1, who: 'kontor_quota_ledger' },
    ]);
    const stranger = new URL((await ensure('compute')).url);
    [stranger.pathname, stranger.search] = ['/kontor_compute', as.search];
    await expect(sql(stranger.href, 'SELECT 1')).rejects.toThrow('kontor_quota_ledger');
    as.username = 'kontor_quota_ledger';
    await expect(sql(as.href, 'SELECT 1')).rejects.toThrow('kontor_quota_ledger');
  });

  it('gets the role that it lacks where it was made before there was one', async () => {
    const { ownerUrl } = await ensure('quota');
    await sql(cluster.adminUrl, 'REVOKE kontor_quota_ledger FROM kontor_quota');
    await sql(withDatabase(cluster.adminUrl, 'kontor_quota'), 'DROP OWNED BY kontor_quota_ledger');
    await sql(cluster.adminUrl, 'DROP ROLE kontor_quota_ledger');
    await ensure('quota');
    await sql(ownerUrl, 'CREATE TABLE later (); GRANT SELECT ON later TO kontor_quota_ledger');
  });

  it('is the only one that its roles may enter', async () => {
    const quota = await ensure('quota');
    await ensure('compute');
    for (const url of [quota.url, quota.ownerUrl]) {
      for (const other of ['kontor_compute', 'postgres', 'template1']) {
        await expect(sql(withDatabase(url, other), 'SELECT 1')).rejects.toThrow('permission denied for database');
      }
    }
  });

  it('may be ensured again, by many at once, without losing a row', async () => {
    const { ownerUrl } = await ensure('notary');
    await sql(ownerUrl, 'CREATE TABLE IF NOT EXISTS log AS SELECT 7 AS leaf');
    await Promise.all(Array.from({ length: 5 }, () => ensure('notary')));
    await Promise.all(Array.from({ length: 5 }, () => ensure('tenancy')));
    expect(await sql(ownerUrl, 'SELECT leaf FROM log')).toEqual([{ leaf: 7 }]);
  });

  it('takes new passwords, after which the old ones are refused', async () => {
    const before = await ensure('quota');
    const after = await ensure('quota', { owner: `it's`, app: 'new' });
    expect(await sql(after.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await expect(sql(before.url, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  const ensure = (service: string, passwords = { owner: 'owner', app: 'app' }) =>
    ensureDatabase({ adminUrl: cluster.adminUrl, service, passwords });
});

const sql = (url: string, text: string) => asAdmin(url, async (admin) => (await admin.query(text)).rows as unknown[]);
