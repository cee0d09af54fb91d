import 'reflect-metadata';
import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { BudgetService } from '@kontor/contracts/quota/v1/budget';
import { ChangeService } from '@kontor/contracts/quota/v1/change';
import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { Account_Purpose as Purpose, QuotaService, Transfer_Reason as Reason } from '@kontor/contracts/quota/v1/quota';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { connect } from '@kontor/kit/connect';
import { everyPage } from '@kontor/kit/every-page';
import type { Client } from '@kontor/kit/grpc';
import { uuid7 } from '@kontor/kit/id';
import type { Person } from '@kontor/kit/person';
import { problemOf } from '@kontor/kit/problem';
import { serve } from '@kontor/kit/serve';
import { personWith } from '@kontor/testing/acting-for';
import { testDatabase } from '@kontor/testing/database';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls, type TestTls } from '@kontor/testing/test-tls';
import { DataSource } from 'typeorm';
import ledger from '../src/database.ts';
import { Expiry } from '../src/expiry.ts';
import { AwardEnds } from '../src/programmes/award-ends.ts';
import { quotaService } from '../src/quota.module.ts';
import { forPerson } from './for-person.ts';

export type Quota = Client<typeof QuotaService>;

/** Quota as the gateway sees it on somebody's behalf. */
export interface Acting {
  quota: Quota;
  programmes: Client<typeof ProgrammeService>;
  changes: Client<typeof ChangeService>;
  budgets: Client<typeof BudgetService>;
  journal: Client<typeof JournalService>;
}

/** One process' worth of quota: as compute, the gateway and the starter see it, over mutual TLS. */
export interface Replica extends AsyncDisposable {
  compute: Quota;
  gateway: Quota;
  start: Acting['changes'];
  /** The connections that it reads on. */
  db: DataSource;
  /** The gateway, for a person. */
  for(person: Person): Acting;
  /** Expires what is due and returns what awards have left, now instead of within a second. */
  sweep(): Promise<number>;
}

export interface Project {
  tenantId: string;
  projectId: string;
}

/** What a project starts with; each amount in the unit of its asset. The floor is that of its credits. */
export interface Means {
  credits?: bigint;
  deviceMs?: bigint;
  slots?: bigint;
  floor?: bigint;
}

/** For whom the gateway calls where it matters little: one of operator staff. */
export const CLERK = personWith([Role.OPERATOR_STAFF]);

/** The accelerator class that most tests use, and a rate at which a device-millisecond costs a µcr. */
export const CLASS = 'cpu.x86_64';
export const UCR_PER_MS = 3_600_000n;

interface Settings {
  rate?: bigint | null;
  quietMs?: number;
}

/** Quota on a database of its own, a clock that stands, a rate for `CLASS`, and a project with means. */
export async function quotaUnderTest({ rate = UCR_PER_MS, quietMs = 0, ...means }: Means & Settings = {}) {
  const database = await testDatabase('quota', ledger.migrations);
  const tls = await testTls(['quota', 'compute', 'gateway', 'start']);
  const clock = new FakeClock();
  const replica = (poolSize?: number) => startReplica({ databaseUrl: database.url, tls, clock, poolSize, quietMs });
  const first = await replica();
  const { gateway } = first;
  if (rate !== null) await gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: rate });
  const project = await fundedProject(gateway, means);
  return {
    ...first,
    database,
    clock,
    project,
    /** Another replica on the same database. */
    replica,
    /** A reservation of one slot for a minute. */
    terms: (id = uuid7(), coverDeviceMs = 10n) => ({
      project,
      id,
      acceleratorClass: CLASS,
      slots: 1,
      coverDeviceMs,
      timeoutMs: 60_000n,
    }),
    credits: () => accountOf(gateway, project, 'CR:demo'),
    stop: () => first[Symbol.asyncDispose](),
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]();
      await database.drop();
    },
  };
}

async function startReplica({
  databaseUrl,
  tls,
  clock,
  poolSize,
  quietMs,
}: {
  databaseUrl: string;
  tls: TestTls;
  clock: FakeClock;
  poolSize: number | undefined;
  quietMs: number;
}): Promise<Replica> {
  const config = { operator: 'demo', databaseUrl, quietMs, allowUnsafeDatabase: true };
  const service = quotaService(config, clock, poolSize);
  const served = await serve(service, { listen: '127.0.0.1:0', tls: tls.of('quota') });
  const client = (name: string) => connect(QuotaService, served.address, tls.of(name));
  const [compute, anybody] = [client('compute'), client('gateway')];
  const changes = connect(ChangeService, served.address, tls.of('gateway'));
  const programmes = connect(ProgrammeService, served.address, tls.of('gateway'));
  const budgets = connect(BudgetService, served.address, tls.of('gateway'));
  const journal = connect(JournalService, served.address, tls.of('gateway'), 'quota');
  const start = connect(ChangeService, served.address, tls.of('start'));
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await served.close();
    for (const client of [compute, anybody, changes, programmes, budgets, journal, start]) client.close();
  };
  return {
    compute,
    start,
    gateway: forPerson(anybody, tls, CLERK),
    db: served.app.get(DataSource),
    for: (person) => ({
      quota: forPerson(anybody, tls, person),
      programmes: forPerson(programmes, tls, person),
      changes: forPerson(changes, tls, person),
      budgets: forPerson(budgets, tls, person),
      journal: forPerson(journal, tls, person),
    }),
    async sweep() {
      const expired = await served.app.get(Expiry).sweep();
      return expired + (await served.app.get(AwardEnds).sweep());
    },
    [Symbol.asyncDispose]: () => (stopped ??= stop()),
  };
}

/** A new project with its accounts for a class open and granted. */
export async function fundedProject(gateway: Quota, means: Means = {}, acceleratorClass = CLASS): Promise<Project> {
  const project = { tenantId: uuid7(), projectId: uuid7() };
  await fund(gateway, project, means, acceleratorClass);
  return project;
}

/** Opens a project's accounts for a class and grants it means. */
export async function fund(gateway: Quota, project: Project, means: Means = {}, acceleratorClass = CLASS) {
  const { credits = 1_000_000_000n, deviceMs = 1_000_000_000n, slots = 1_000n, floor = 0n } = means;
  const accounts = [
    { asset: 'CR:demo', amount: credits, floor },
    { asset: `DEVICE_MS:${acceleratorClass}`, amount: deviceMs, floor: 0n },
    { asset: `SLOTS:${acceleratorClass}`, amount: slots, floor: 0n },
  ];
  await Promise.all(
    accounts.map(async ({ asset, amount, floor }) => {
      await gateway.openAccount({ project, purpose: Purpose.PROJECT, asset, floor });
      if (amount > 0n) await grant(gateway, project, asset, amount);
    }),
  );
}

/** Grants a project an amount out of the treasury. */
export async function grant(gateway: Quota, project: Project, asset: string, amount: bigint): Promise<void> {
  const { id: debitAccountId } = await gateway.openAccount({ purpose: Purpose.TREASURY, asset });
  const { id: creditAccountId } = await accountOf(gateway, project, asset);
  await gateway.createTransfer({ id: uuid7(), debitAccountId, creditAccountId, amount, reason: Reason.GRANT });
}

/** Every account of a project, or of the operator. */
export const accountsOf = (gateway: Quota, project?: Project) =>
  everyPage(
    (page) => gateway.listAccounts({ page, ...(project && { project }) }),
    ({ accounts }) => accounts,
  );

/** A project's account for an asset. */
export async function accountOf(gateway: Quota, project: Project, asset: string) {
  const accounts = await accountsOf(gateway, project);
  const account = accounts.find((each) => each.asset === asset);
  if (!account) throw new Error(`The project has no account for ${asset}.`);
  return account;
}

/** Fails unless the books add up: for each asset zero in sum, and set aside what the legs hold. */
export async function expectBalanced(gateway: Quota): Promise<void> {
  const { assets } = await gateway.getTrialBalance({});
  const faults = assets.filter(
    ({ sum, held, heldByLegs, overdrawnAccounts }) => sum !== 0n || held !== heldByLegs || overdrawnAccounts !== 0,
  );
  if (faults.length > 0) throw new Error(`Books that do not add up: ${faults.map(({ asset }) => asset).join()}`);
}

/** The code of the Problem that refuses a request, or 'ok'. */
export const codeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'ok',
    (error: unknown) => problemOf(error).code,
  );
