import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuid5, uuid7 } from '@kontor/kit/id';
import { connect } from '@kontor/kit/connect';
import type { Client } from '@kontor/kit/grpc';
import { Account_Purpose as Purpose, QuotaService, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { freePort } from '@kontor/postgres/free-port';
import { actingFor, personWith } from '@kontor/testing/acting-for';
import { startLedgerHome } from './ledger-home.ts';
import { PLENTY, subsidise, type Payer, type Project } from './subsidise.ts';

export const CLASS = 'cpu.x86_64';
const TENANT = uuid5('bench', 'tenant');
const OWN_ASSETS = ['CR:demo', `DEVICE_MS:${CLASS}`, `SLOTS:${CLASS}`];
/** Of the legs of a reservation: the award's credits come first. */
export const ASSETS = ['CR:demo', ...OWN_ASSETS];

/** A quota service as a process of its own, on a PostgreSQL that fsyncs, with projects that can pay a part. */
export interface LedgerUnderLoad extends AsyncDisposable {
  /** As compute, which reserves. */
  compute: Client<typeof QuotaService>;
  payers: Required<Payer>[];
  /** Ids of the four accounts of each payer, in the order of `payers` and of `ASSETS`. */
  accountIds: string[][];
  /** postgres://… of the superuser, at the ledger's database. */
  databaseUrl: string;
  tlsFolder: string;
  /** Of the service, host:port. */
  address: string;
}

export async function startLedger(projectCount: number): Promise<LedgerUnderLoad> {
  // Whatever fails on the way, what was begun before it ends.
  await using begun = new AsyncDisposableStack();
  const home = mkdtempSync(join(tmpdir(), 'kontor-bench-'));
  begun.defer(() => rmSync(home, { recursive: true, force: true }));
  const { tls, databaseUrl, startQuota } = begun.use(await startLedgerHome(home));
  const address = `127.0.0.1:${await freePort()}`;
  const quota = startQuota(address, { KONTOR_LOG: 'warn' });
  begun.defer(() => quota.stop());
  const gateway = connect(QuotaService, address, tls.of('gateway'));
  const compute = connect(QuotaService, address, tls.of('compute'));
  begun.defer(() => {
    gateway.close();
    compute.close();
  });
  const staff = await actingFor(gateway, tls, personWith([Role.OPERATOR_STAFF]));
  await quota.until(() => staff.listRates({}));

  const projects = Array.from({ length: projectCount }, (_, n) => ({
    tenantId: TENANT,
    projectId: uuid5('bench', 'project', n),
  }));
  const ownIds = await fund(staff, projects);
  const payers = await subsidise(address, tls, projects);
  const parts = begun.move();
  return {
    compute,
    payers,
    accountIds: payers.map(({ awardId }, n) => [awardId, ...(ownIds[n] ?? [])]),
    tlsFolder: tls.directory,
    address,
    databaseUrl,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Gives every project enough of everything for hours of reserving. */
async function fund(gateway: Client<typeof QuotaService>, projects: Project[]): Promise<string[][]> {
  await gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: 3_600_000n });
  const treasuries = await Promise.all(
    OWN_ASSETS.map((asset) => gateway.openAccount({ purpose: Purpose.TREASURY, asset })),
  );
  const ids: string[][] = [];
  for (const project of projects) {
    ids.push(
      await Promise.all(
        treasuries.map(async ({ id: debitAccountId, asset }) => {
          const { id } = await gateway.openAccount({ project, purpose: Purpose.PROJECT, asset });
          await gateway.createTransfer({
            id: uuid7(),
            debitAccountId,
            creditAccountId: id,
            amount: PLENTY,
            reason: Reason.GRANT,
          });
          return id;
        }),
      ),
    );
  }
  return ids;
}
