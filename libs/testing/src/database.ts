import { createHash, randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import {
  asAdmin,
  closeDatabase,
  databaseUrls,
  ensureDatabase,
  roleNames,
  type DatabaseUrls,
} from '@kontor/postgres/ensure-database';
import { migrate } from '@kontor/postgres/migrate';
import { testClusterUrl } from './test-cluster.ts';

/** A database of one test, as its service finds it in production: migrated, closed to other roles, empty. */
export interface TestDatabase extends DatabaseUrls, AsyncDisposable {
  name: string;
  drop(): Promise<void>;
}

const PASSWORDS = { owner: 'owner', app: 'app' };

/**
 * A fresh database of a service, copied from a template that is migrated once per worker of Jest. Needs
 * `globalSetup: '@kontor/testing/postgres-setup'` in the Jest configuration.
 */
export async function testDatabase(service: string, migrations: NewableFunction[]): Promise<TestDatabase> {
  const adminUrl = testClusterUrl();
  const name = `test_${service}_${randomBytes(6).toString('hex')}`;
  const { owner, app } = roleNames(service);
  await asAdmin(adminUrl, async (admin) => {
    const template = await ensureTemplate(admin, adminUrl, service, migrations);
    await admin.query(`CREATE DATABASE "${name}" TEMPLATE "${template}" OWNER "${owner}"`);
    await admin.query(closeDatabase(name, app));
  });
  const drop = async () => {
    await asAdmin(adminUrl, (admin) => admin.query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
  };
  return { name, ...databaseUrls(adminUrl, service, PASSWORDS, name), drop, [Symbol.asyncDispose]: drop };
}

/** Tests may ask side by side: the lock lets one build the template while the others wait for it. */
async function ensureTemplate(admin: Client, adminUrl: string, service: string, migrations: NewableFunction[]) {
  const version = createHash('sha256').update(migrations.map(String).join()).digest('hex').slice(0, 12);
  const template = `template_${service}_${version}`;
  await admin.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [template]);
  const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [template]);
  if (!rowCount) await buildTemplate(admin, adminUrl, service, migrations, template);
  await admin.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [template]);
  return template;
}

/** Only a complete template gets its name: one that a killed run left half done is never copied. */
async function buildTemplate(
  admin: Client,
  adminUrl: string,
  service: string,
  migrations: NewableFunction[],
  template: string,
): Promise<void> {
  const growing = `${template}_new`;
  await admin.query(`DROP DATABASE IF EXISTS "${growing}" WITH (FORCE)`);
  const { ownerUrl } = await ensureDatabase({ adminUrl, service, passwords: PASSWORDS, database: growing });
  await migrate({ url: ownerUrl, tables: [], migrations });
  await admin.query(`ALTER DATABASE "${growing}" RENAME TO "${template}"`);
}
