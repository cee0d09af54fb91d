import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { ComputeService, Job_State as State, type Job } from '@kontor/contracts/compute/v1/compute';
import { EngineService, type WorkloadSchema } from '@kontor/contracts/engine/v1/engine';
import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { dataSourceOptions } from '@kontor/kit/database';
import type { Client } from '@kontor/kit/grpc';
import { uuid7 } from '@kontor/kit/id';
import { inProcess } from '@kontor/kit/in-process';
import { countLine, countMutations, type JournalCount } from '@kontor/kit/journal-mutations';
import { logger } from '@kontor/kit/log';
import { inScope } from '@kontor/kit/tenant-scope';
import { testDatabase, type TestDatabase } from '@kontor/testing/database';
import { FakeClock } from '@kontor/testing/fake-clock';
import { DataSource } from 'typeorm';
import { readAcceleratorClasses } from '../src/accelerator-classes.ts';
import { ClusterWatch } from '../src/clusters.ts';
import { ComputeController } from '../src/compute.controller.ts';
import database from '../src/database.ts';
import { FileStore } from '../src/file-store.ts';
import { computeMutations } from '../src/mutations.ts';
import type { Failpoint, Ports, Settings } from '../src/ports.ts';
import { Reconciler } from '../src/reconciler.ts';
import { placeQueued } from '../src/steps/place-queued.ts';
import { Retention } from '../src/retention.ts';
import { SuspensionWatch } from '../src/suspension.ts';
import { aWorkload, CPU, H100, OPERATOR_TENANT } from './builders.ts';
import { FakeEngine } from './fake-engine.ts';
import { FakeProgrammes } from './fake-programmes.ts';
import { FakeQuota } from './fake-quota.ts';
import { FakeTenancy } from './fake-tenancy.ts';
import { Faults } from './faults.ts';

const COVER = { intervalMs: 10_000n, marginMs: 4_000n };

const SETTINGS: Settings = {
  terms: { operator: 'demo', operatorTenantId: OPERATOR_TENANT, admitsUnisolated: false, cover: COVER },
  steps: { cover: COVER, observeMs: 1_000 },
  claimMs: 2_000,
  pollMs: 20,
  capacityRefreshMs: 30_000,
  suspensionMs: 2_000,
  keepJobsMs: 30 * 86_400_000,
  stepsAtOnce: 32,
};

/** One life of the service's process: what a crash takes with it, and the next start has anew. */
export class Life {
  readonly reconciler: Reconciler;
  readonly clusters: ClusterWatch;
  readonly suspensions: SuspensionWatch;
  readonly retention: Retention;
  readonly client: Client<typeof ComputeService>;

  constructor(readonly ports: Ports) {
    this.clusters = new ClusterWatch(ports);
    this.suspensions = new SuspensionWatch(ports);
    this.retention = new Retention(ports);
    this.reconciler = new Reconciler(ports, this.clusters, this.suspensions, this.retention);
    this.client = inProcess(ComputeService, new ComputeController(ports, this.reconciler));
  }

  /** One look at everything that is due, and the steps that follow from it. */
  async look(): Promise<void> {
    await placeQueued(this.ports);
    const { done } = await this.reconciler.begin();
    await done;
  }
}

type Project = Awaited<ReturnType<ComputeUnderTest['project']>>;

/** The service on a real database, between an engine and a ledger that live in memory, by a clock that tests move. */
export class ComputeUnderTest implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly engine = new FakeEngine(this.clock);
  readonly quota = new FakeQuota(this.clock);
  readonly tenancy = new FakeTenancy();
  readonly engineFaults = new Faults();
  readonly quotaFaults = new Faults();
  readonly tenancyFaults = new Faults();
  life!: Life;
  #isMeddledWith = false;

  private constructor(
    readonly database: TestDatabase,
    readonly db: DataSource,
    readonly directory: string,
    readonly settings: Settings,
  ) {}

  static async start(settings: Partial<Settings> = {}): Promise<ComputeUnderTest> {
    const fresh = await testDatabase('compute', database.migrations);
    const db = await new DataSource(dataSourceOptions({ ...database, url: fresh.url })).initialize();
    const under = new ComputeUnderTest(fresh, db, await mkdtemp(join(tmpdir(), 'kontor-compute-')), {
      ...SETTINGS,
      ...settings,
    });
    under.quota.rates.set(CPU, 3_600_000n).set(H100, 36_000_000n);
    await under.restart();
    return under;
  }

  /** Another life over what the last one left: its memory is gone, its database and its engine are not. */
  async restart(failpoint: (name: Failpoint) => void | Promise<void> = () => undefined, db = this.db): Promise<Life> {
    const files = new FileStore(join(this.directory, 'uploads'), 1_000_000);
    await files.prepare();
    this.life = new Life({
      db,
      clock: this.clock,
      files,
      failpoint,
      settings: this.settings,
      log: logger('compute', 'silent'),
      acceleratorClasses: readAcceleratorClasses(),
      engine: this.engineFaults.wrap(inProcess(EngineService, this.engine)),
      quota: this.quotaFaults.wrap(inProcess(QuotaService, this.quota)),
      tenancy: this.tenancyFaults.wrap(this.tenancy),
      programmes: this.quotaFaults.wrap(inProcess(ProgrammeService, new FakeProgrammes(this.quota))),
    });
    await this.life.clusters.refresh();
    return this.life;
  }

  /** A project that can pay for a thousand seconds of a core, and may hold so many devices at once. */
  project({ credits = 1_000_000n, slots = 4n, tenantId = uuid7() } = {}) {
    const project = { tenantId, projectId: uuid7() };
    for (const acceleratorClass of [CPU, H100]) {
      this.quota.grant(project.projectId, `DEVICE_MS:${acceleratorClass}`, 'unlimited');
      this.quota.grant(project.projectId, `SLOTS:${acceleratorClass}`, slots);
    }
    this.quota.grant(project.projectId, 'CR:demo', credits);
    return project;
  }

  submit(project: Project, wishes: MessageInitShape<typeof WorkloadSchema> = {}, id = uuid7()): Promise<Job> {
    return this.life.client.submitJob({ project, job: { id, name: 'a job', workload: aWorkload(wishes) } });
  }

  /** Submits a job of which an award pays a share. */
  submitFor(project: Project, awardId: string, wishes: MessageInitShape<typeof WorkloadSchema> = {}): Promise<Job> {
    const job = { id: uuid7(), name: 'a job', workload: aWorkload(wishes), awardId };
    return this.life.client.submitJob({ project, job });
  }

  job = (project: Project, id: string): Promise<Job> => this.life.client.getJob({ project, id });

  /** Lets the time pass in seconds, and the reconciler look after each. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.clock.advance(1_000);
      await this.look();
    }
  }

  /** Sets the wall clock back as its keeper might. The engine goes on counting elapsed time, which no clock changes. */
  setClockBack(ms: number): void {
    this.clock.advance(-ms);
    for (const job of this.engine.jobs.values()) job.startedAt -= ms;
  }

  /** Looks without time passing, as after being woken. */
  async look(): Promise<void> {
    if (!this.tenancyFaults.isUnreachable) await this.life.suspensions.refresh();
    await this.life.look();
  }

  /** Lets the time pass until a job has ended. */
  async end(project: Project, id: string, withinSeconds = 200): Promise<Job> {
    for (let second = 0; second < withinSeconds; second++) {
      const job = await this.job(project, id);
      if (job.state >= State.SUCCEEDED) return job;
      await this.pass(1);
    }
    throw new Error(`Job ${id} is still ${State[(await this.job(project, id)).state]} after ${withinSeconds} s.`);
  }

  /** What the tables say, of whatever tenant. */
  sql<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    return inScope(this.db, 'all', (tx) => tx.query<T[]>(text, values));
  }

  /** Does to the tables what the service would not: its journal knows nothing of it. */
  meddle(text: string, values: unknown[] = []): Promise<unknown> {
    this.#isMeddledWith = true;
    return this.sql(text, values);
  }

  count = (): Promise<JournalCount> => inScope(this.db, 'all', (tx) => countMutations(tx, computeMutations));

  /** Slots that somebody has now. */
  async occupied(): Promise<number> {
    const [row] = await this.sql<{ count: number }>('SELECT count(*)::int FROM occupancy WHERE upper_inf(during)');
    return row?.count ?? -1;
  }

  /** What the journal says was done to something, in order. */
  async journal(subject: string): Promise<string[]> {
    const rows = await this.sql<{ action: string }>('SELECT action FROM journal WHERE subject = $1 ORDER BY seq', [
      subject,
    ]);
    return rows.map(({ action }) => action);
  }

  /** Whatever a test is about, in the end each mutation has left its one record. */
  async [Symbol.asyncDispose](): Promise<void> {
    const count = this.#isMeddledWith ? undefined : await this.count();
    await this.db.destroy();
    await this.database.drop();
    await rm(this.directory, { recursive: true, force: true });
    if (count?.kinds.some(({ mutations, records }) => mutations !== records)) throw new Error(countLine(count));
  }
}
