import { ConfigError } from '@kontor/kit/config';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { QuotaConfig } from './config.ts';
import { LedgerDatabase } from './ledger-database.ts';

/** A ledger on a database that may forget what it acknowledged is worth nothing: the service does not start on one. */
@Injectable()
export class Durability implements OnModuleInit {
  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly config: QuotaConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.config.allowUnsafeDatabase) return;
    const off = await this.ledger.query<{ name: string }[]>(`
      SELECT name FROM pg_settings
      WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off' ORDER BY name`);
    if (off.length === 0) return;
    const names = off.map(({ name }) => name).join(' and ');
    throw new ConfigError(`The database has ${names} off and could forget what it acknowledged: turn ${names} on.`);
  }
}
