import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { dataSourceOptions } from '@kontor/kit/database';
import { serve } from '@kontor/kit/serve';
import { testDatabase } from '@kontor/testing/database';
import { testTls } from '@kontor/testing/test-tls';
import { ask } from '../testing/in-database.ts';
import database from './database.ts';
import { Durability } from './durability.ts';
import { LedgerDatabase } from './ledger-database.ts';
import { quotaService } from './quota.module.ts';

describe('a database that may forget what it acknowledged', () => {
  it('keeps the service from starting, and the sentence names every setting that is off', async () => {
    await using ledger = await setup();
    const tls = (await testTls(['quota'])).of('quota');
    const start = serve(quotaService(ledger.config), { listen: '127.0.0.1:0', tls });
    await expect(start).rejects.toThrow('The database has fsync and full_page_writes and synchronous_commit off');
  });

  it('is recognised by any one of the settings', async () => {
    await using ledger = await setup();
    await ask(ledger.ownerUrl, `ALTER DATABASE "${ledger.name}" SET synchronous_commit = on`);
    await expect(ledger.check()).rejects.toThrow('The database has fsync and full_page_writes off');
  });

  it('is accepted when the configuration says so', async () => {
    await using ledger = await setup();
    await ledger.check({ allowUnsafeDatabase: true });
  });

  async function setup() {
    const ledger = await testDatabase('quota', database.migrations);
    const config = { operator: 'demo', databaseUrl: ledger.url, quietMs: 0, allowUnsafeDatabase: false };
    return {
      ...ledger,
      config,
      async check(changed: Partial<typeof config> = {}) {
        const open = new LedgerDatabase(dataSourceOptions({ ...database, url: ledger.url }));
        await open.initialize();
        await new Durability(open, { ...config, ...changed }).onModuleInit().finally(() => open.destroy());
      },
      [Symbol.asyncDispose]: () => ledger.drop(),
    };
  }
});
