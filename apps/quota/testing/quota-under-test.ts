import 'reflect-metadata';
import { Account_Purpose as Purpose, QuotaService, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import { SystemClock, type Clock } from '@kontor/kit/clock';
import { connect } from '@kontor/kit/connect';
import type { Client } from '@kontor/kit/grpc';
import { uuid7 } from '@kontor/kit/id';
import { serve } from '@kontor/kit/serve';
import type { Tls } from '@kontor/kit/tls';
import { Expiry } from '../src/expiry.ts';
import { quotaService } from '../src/quota.module.ts';

export type Quota = Client<typeof QuotaService>;

/** What a test calls: quota as compute and as the gateway see it, over mutual TLS. */
export interface QuotaUnderTest extends AsyncDisposable {
  compute: Quota;
  gateway: Quota;
  /** Expires what is due, now instead of within a second. */
  sweep(): Promise<number>;
}

interface Parts {
  database: { url: string };
  tls: { of(service: string): Tls };
  clock?: Clock;
}

/** Serves quota on a free port. Start it twice on one database, and there are two replicas. */
export async function startQuota({ database, tls, clock = new SystemClock() }: Parts): Promise<QuotaUnderTest> {
  const config = { operator: 'demo', databaseUrl: database.url, allowUnsafeDatabase: true };
  const served = await serve(quotaService(config, clock), { listen: '127.0.0.1:0', tls: tls.of('quota') });
  const client = (name: string) => connect(QuotaService, served.address, tls.of(name));
  const [compute, gateway] = [client('compute'), client('gateway')];
  return {
    compute, gateway, sweep: () => served.app.get(Expiry).sweep(),
    async [Symbol.asyncDispose]() {
      await served.close();
      compute.close();
      gateway.close();
    },
  };
}

/** The accelerator class that most tests use, and a rate at which a device-millisecond costs a µcr. */
export const CLASS = 'cpu.x86_64';
export const UCR_PER_MS = 3_600_000n;

/** What a project starts with; each amount in the unit of its asset. The floor is that of its credits. */
export interface Means {
  credits?: bigint;
  deviceMs?: bigint;
  slots?: bigint;
  floor?: bigint;
}

export interface Project {
  tenantId: string;
  projectId: string;
}

/** A new project with its accounts for a class open and granted. */
export async function fundedProject(gateway: Quota, means: Means = {}, acceleratorClass = CLASS) {
  const project = { tenantId: uuid7(), projectId: uuid7() };
  await fund(gateway, project, means, acceleratorClass);
  return project;
}

/** Opens a project's accounts for a class and grants it means. */
export async function fund(gateway: Quota, project: Project, means: Means = {}, acceleratorClass = CLASS) {
  const { credits = 1_000_000_000n, deviceMs = 1_000_000_000n, slots = 1_000n, floor = 0n } = means;
  const amounts = [
    { asset: 'CR:demo', amount: credits, floor },
    { asset: `DEVICE_MS:${acceleratorClass}`, amount: deviceMs, floor: 0n },
    { asset: `SLOTS:${acceleratorClass}`, amount: slots, floor: 0n },
  ];
  await Promise.all(amounts.map(async ({ asset, amount, floor }) => {
    const account = await gateway.openAccount({ project, purpose: Purpose.PROJECT, asset, floor });
    const treasury = await gateway.openAccount({ purpose: Purpose.TREASURY, asset });
    if (amount === 0n) return;
    const [debitAccountId, creditAccountId] = [treasury.id, account.id];
    await gateway.createTransfer({ id: uuid7(), debitAccountId, creditAccountId, amount, reason: Reason.GRANT });
  }));
}

/** Fails unless the books add up: for each asset zero in sum, and set aside what the legs hold. */
export async function expectBalanced(gateway: Quota): Promise<void> {
  const { assets } = await gateway.getTrialBalance({});
  const faults = assets.filter(({ sum, held, heldByLegs, overdrawnAccounts }) =>
    sum !== 0n || held !== heldByLegs || overdrawnAccounts !== 0);
  if (faults.length > 0) throw new Error(`Books that do not add up: ${faults.map(({ asset }) => asset).join()}`);
}

/** Balance and held of a project's account. */
export async function accountOf(gateway: Quota, project: Project, asset: string) {
  const { accounts } = await gateway.listAccounts({ project });
  const account = accounts.find((each) => each.asset === asset);
  if (!account) throw new Error(`The project has no account for ${asset}.`);
  return account;
}
