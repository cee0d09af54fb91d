import { Account_Purpose as Purpose, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import { uuid5, uuid7 } from '@kontor/kit/id';
import { problemOf } from '@kontor/kit/problem';
import { eventually } from '@kontor/testing/eventually';
import { PLENTY, subsidise, type Payer, type Project } from '../bench/subsidise.ts';
import { CLASS } from './ledger-clients.ts';
import type { LedgerReplicas, Quota } from './ledger-replicas.ts';

const PROJECTS = 20;
/** Odd, so that almost no charge is a whole number before it is rounded down. */
const UCR_PER_DEVICE_HOUR = 1_234_567n;

/** Projects that can pay, and one for a race; two of them soon cannot, so that refusals happen too. */
export async function fundPayers(replicas: LedgerReplicas): Promise<Payer[]> {
  await eventually('both replicas serve', async () => Promise.all(replicas.compute.map((one) => one.listRates({}))), {
    withinMs: 30_000,
  });
  await replicas.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: UCR_PER_DEVICE_HOUR });
  const projects = Array.from({ length: PROJECTS }, (_, n) => project(n));
  for (const [n, one] of projects.entries()) await fund(replicas, one, n < PROJECTS - 2 ? PLENTY : 1_000_000n);
  await fund(replicas, racer, 500n);
  // Founds the operator too: from here on no credits are granted by hand.
  // Every second project has an award that pays a share.
  const awarded = await subsidise(
    replicas.address,
    replicas.tls,
    projects.filter((_, n) => n % 2 === 0),
  );
  const unawarded = projects.filter((_, n) => n % 2 === 1).map((one) => ({ project: one }));
  return [...awarded, ...unawarded];
}

/** A thousand clients want one credit each of five hundred: how many got it. */
export async function raceForCredits(replicas: LedgerReplicas): Promise<number> {
  const oneMicrocredit = 3_600_000n / UCR_PER_DEVICE_HOUR + 1n;
  // On a slow machine too, nothing must expire and be sold again while they race.
  const timeoutMs = 60_000n;
  const terms = { project: racer, acceleratorClass: CLASS, slots: 1, coverDeviceMs: oneMicrocredit, timeoutMs };
  const buy = async (quota: Quota): Promise<string> =>
    quota.reserve({ ...terms, id: uuid7() }).then(
      () => 'sold',
      (error: unknown) => problemOf(error).code,
    );
  const clients = Array.from({ length: 1_000 / replicas.compute.length }, () => replicas.compute.map(buy)).flat();
  const answers = await Promise.all(clients);
  return answers.filter((answer) => answer === 'sold').length;
}

const project = (n: number): Project => ({
  tenantId: uuid5('chaos', 'tenant', n % 3),
  projectId: uuid5('chaos', 'project', n),
});

/** For whom many race. */
const racer = project(PROJECTS);

async function fund({ gateway }: LedgerReplicas, owner: Project, credits: bigint): Promise<void> {
  const grants = { 'CR:demo': credits, [`DEVICE_MS:${CLASS}`]: PLENTY, [`SLOTS:${CLASS}`]: 100_000n };
  for (const [asset, amount] of Object.entries(grants)) {
    const treasury = await gateway.openAccount({ purpose: Purpose.TREASURY, asset });
    const own = await gateway.openAccount({ project: owner, purpose: Purpose.PROJECT, asset });
    await gateway.createTransfer({
      id: uuid7(),
      debitAccountId: treasury.id,
      creditAccountId: own.id,
      amount,
      reason: Reason.GRANT,
    });
  }
}
