import 'reflect-metadata';
import { TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import { connect } from '@kontor/kit/connect';
import { dataSourceOptions } from '@kontor/kit/database';
import type { Client } from '@kontor/kit/grpc';
import { uuid5 } from '@kontor/kit/id';
import { countLine, countMutations } from '@kontor/kit/journal-mutations';
import { problemOf } from '@kontor/kit/problem';
import { serve } from '@kontor/kit/serve';
import { inScope } from '@kontor/kit/tenant-scope';
import { superuserUrl, undone } from '@kontor/testing/around-service';
import { testDatabase } from '@kontor/testing/database';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { DataSource } from 'typeorm';
import database from '../src/database.ts';
import { ExpiredInvitations } from '../src/expired-invitations.ts';
import { MUTATION_COUNTS } from '../src/mutation-counts.ts';
import { tenancyService } from '../src/tenancy.module.ts';
import { throughGateway, type Credential } from './through-gateway.ts';

const OPERATOR = 'demo';
export const OPERATOR_TENANT = uuid5('tenant', OPERATOR);
export const ISSUER = 'https://id.example.org/realms/kontor';

/** What the journal kept of one mutation. */
export interface Entry {
  actor: string;
  action: string;
  subject: string;
  tenant_id: string | null;
  before: object | null;
  after: object | null;
}

/** Tenancy on a database of its own and a clock that stands, over mutual TLS. */
export async function tenancyUnderTest() {
  const fresh = await testDatabase('tenancy', database.migrations);
  const tls = await testTls(['tenancy', 'gateway', 'compute']);
  const clock = new FakeClock();
  const start = (operator = OPERATOR) => {
    const config = { ...SETTINGS, KONTOR_DATABASE_URL: fresh.url, KONTOR_OPERATOR: operator };
    return serve(tenancyService(config, clock), { listen: '127.0.0.1:0', tls: tls.of('tenancy') });
  };
  const served = await start();
  const client = (name: string): Client<typeof TenancyService> & { close(): void } =>
    connect(TenancyService, served.address, tls.of(name));
  const [gateway, compute] = [client('gateway'), client('compute')];
  const db = await new DataSource(dataSourceOptions({ ...database, url: fresh.url, poolSize: 2 })).initialize();

  const actor = (credential: Credential) => throughGateway(gateway, tls, credential);
  return {
    address: served.address,
    gateway,
    compute,
    clock,
    db,
    database: fresh,
    tls,
    /** Another replica on the same database; its operator may have another name. */
    start,
    /** Somebody whose address is verified, unless said otherwise. */
    person: (name: string, rest: { email?: string; emailVerified?: boolean; realmRoles?: string[] } = {}) =>
      actor({ case: 'identity', value: { ...identityOf(name), ...rest } }),
    staff: actor({ case: 'identity', value: { ...identityOf('staff'), realmRoles: ['operator-staff'] } }),
    auditor: actor({ case: 'identity', value: { ...identityOf('auditor'), realmRoles: ['auditor'] } }),
    program: (secret: string) => actor({ case: 'projectToken', value: secret }),
    /** What the journal says, in order; of one subject where it is named. */
    journal: (subject?: string): Promise<Entry[]> =>
      inScope(db, 'all', (tx) =>
        tx.query(
          `SELECT actor, action, subject, tenant_id, before, after FROM journal
            WHERE $1::text IS NULL OR subject = $1 ORDER BY seq`,
          [subject ?? null],
        ),
      ),
    /** Sees to invitations that have expired, now instead of within a minute. */
    expireInvitations: () => served.app.get(ExpiredInvitations).sweep(),
    /** Whether the journal is complete, or what the count would say after some SQL of the superuser. */
    count: (sql = 'SELECT'): Promise<string> =>
      undone(superuserUrl(fresh), async (runner) => {
        await runner.query(sql);
        return countLine(await countMutations(runner.manager, MUTATION_COUNTS));
      }),
    async [Symbol.asyncDispose]() {
      gateway.close();
      compute.close();
      await served.close();
      await db.destroy();
      await fresh.drop();
    },
  };
}

export type TenancyUnderTest = Awaited<ReturnType<typeof tenancyUnderTest>>;

const SETTINGS = { KONTOR_LISTEN: '127.0.0.1:0', KONTOR_TLS: 'unused', KONTOR_LOG: 'info' } as const;

export const identityOf = (name: string) => ({
  issuer: ISSUER,
  subject: `subject-of-${name}`,
  name,
  email: `${name}@example.org`,
  emailVerified: true,
  realmRoles: [] as string[],
});

/** The code of the Problem that refuses a request, or 'ok'. */
export const codeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'ok',
    (error: unknown) => problemOf(error).code,
  );
