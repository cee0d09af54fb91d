import { createHash } from 'node:crypto';
import { create, fromJson, toJson, type MessageInitShape } from '@bufbuild/protobuf';
import { JobSchema, Job_State as State, NewJobSchema, type Job } from '@kontor/contracts/compute/v1/compute';
import type { WorkloadSchema } from '@kontor/contracts/engine/v1/engine';
import { ChargeRecordSchema, type ChargeRecord } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { eventually } from '@kontor/testing/eventually';
import type { Operator } from '@kontor/testing/operator';
import { foundProject, grantTo } from '@kontor/testing/founded-project';
import type { RestAnswer, RestClient } from '@kontor/testing/rest-client';

/** The class of this machine's cores, as the local engine names it. */
export const CLASS = process.arch === 'arm64' ? 'cpu.aarch64' : 'cpu.x86_64';

/** 3,600,000 µcr an hour: one µcr for each device-millisecond, so that a bill can be read off the clock. */
export const UCR_PER_DEVICE_HOUR = 3_600_000n;

type Workload = Extract<MessageInitShape<typeof WorkloadSchema>, { $typeName?: never }>;

const ENDED = new Set([State.SUCCEEDED, State.FAILED, State.CANCELLED]);

/** A project of an operator, used as its members would: over the public API. */
export class Project {
  readonly path: string;

  constructor(
    readonly operator: Operator,
    readonly id: string,
  ) {
    this.path = `/v1/projects/${id}`;
  }

  /** A new project, owned by the researcher, with credits; device time and slots are plenty. */
  static async found(operator: Operator, credits: bigint): Promise<Project> {
    const project = new Project(operator, await foundProject(operator, `e2e-${uuid7()}`));
    const means = { 'CR:demo': credits, [`DEVICE_MS:${CLASS}`]: 10n ** 12n, [`SLOTS:${CLASS}`]: 64n };
    await grantTo(operator, project.id, means);
    return project;
  }

  /** The API as the project's owner sees it. */
  get rest(): RestClient {
    return this.operator.as('researcher');
  }

  /** A request body: a small shell program unless told otherwise. */
  newJob(script: string, changed: Workload = {}, id = uuid7()) {
    const workload = {
      command: ['/bin/sh', '-c', script],
      acceleratorClass: CLASS,
      devices: 1,
      memoryBytes: 256n * 1024n ** 2n,
      diskBytes: 64n * 1024n ** 2n,
      processes: 32,
      logBytes: 1024n ** 2n,
      timeLimitMs: 60_000n,
      graceMs: 500n,
      ...changed,
    };
    return toJson(NewJobSchema, create(NewJobSchema, { id, name: script.slice(0, 60), workload })) as { id: string };
  }

  submit(job: object): Promise<RestAnswer> {
    return this.rest.post(`${this.path}/jobs`, job);
  }

  /** Submits and waits for the end. */
  async run(script: string, changed?: Workload): Promise<Job> {
    const job = this.newJob(script, changed);
    const { status, body } = await this.submit(job);
    if (status !== 201) throw new Error(`The job was answered ${status}: ${JSON.stringify(body)}`);
    return this.ended(job.id);
  }

  async job(id: string): Promise<Job> {
    return fromJson(JobSchema, (await this.rest.get(`${this.path}/jobs/${id}`)).body);
  }

  ended(id: string, withinMs = 60_000): Promise<Job> {
    return this.reaches(id, ({ state }) => ENDED.has(state), withinMs);
  }

  reaches(id: string, isThere: (job: Job) => boolean, withinMs = 30_000): Promise<Job> {
    return eventually(
      `job ${id} gets there`,
      async () => {
        const job = await this.job(id);
        if (!isThere(job)) throw new Error(`it is ${State[job.state]}: ${job.detail}`);
        return job;
      },
      { withinMs, everyMs: 100 },
    );
  }

  async printed(id: string, stream: 'stdout' | 'stderr' = 'stdout'): Promise<string> {
    return (await this.rest.bytes(`${this.path}/jobs/${id}/logs/${stream}`)).toString();
  }

  async charge(id: string): Promise<ChargeRecord> {
    return fromJson(ChargeRecordSchema, (await this.rest.get(`${this.path}/jobs/${id}/charge-record`)).body);
  }

  /** Keeps a file with the project and answers how a job names it. */
  async upload(path: string, content: string): Promise<{ path: string; sha256: string }> {
    const bytes = Buffer.from(content);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await this.rest.put(`${this.path}/files/${sha256}`, bytes);
    return { path, sha256 };
  }
}
