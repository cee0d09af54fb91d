import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { create, equals } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  ComputeService,
  Decision_Verdict as Verdict,
  Job_State as State,
  JobSchema,
  NewJobSchema,
  type CancelJobRequest,
  type ExplainJobRequest,
  type GetFileRequest,
  type GetJobRequest,
  type Job,
  type ListJobsRequest,
  type NewJob,
  type ReadJobLogRequest,
  type ReadJobOutputRequest,
  type SubmitJobRequest,
  type UploadFileRequest,
} from '@kontor/contracts/compute/v1/compute';
import type { Call, Serves } from '@kontor/kit/grpc';
import { Problem } from '@kontor/kit/problem';

const CREATED_AT = timestampFromDate(new Date('2026-11-22T12:00:00Z'));

/** The compute contract over a few maps: enough to see what the gateway sends and how it passes answers on. */
export class FakeCompute implements Serves<typeof ComputeService> {
  readonly jobs = new Map<string, { sent: NewJob; job: Job }>();
  readonly files = new Map<string, number>();
  log = ['one\n', 'two\n', 'three\n'];
  /** A log that is followed waits for it before its first byte, then goes on with this, so often. */
  logGate: Promise<void> = Promise.resolve();
  followed = 'followed';
  followEveryMs = 20;
  followedLines = 0;
  /** Ends a log that is followed after its first line. */
  logFailure: Error | undefined;
  output = { path: 'out/metrics.json', bytes: Buffer.from('{"accuracy":0.93}') };
  /** Thrown by every method while it is set. */
  refusal: Error | undefined;
  answerAfterMs = 0;
  /** Jobs that somebody has tried to submit. */
  asked = 0;
  /** Uploads wait for it before they take the next piece. */
  uploadGate: Promise<void> = Promise.resolve();
  uploadedBytes = 0;
  /** When the last reader of a log stops waiting. */
  readUntil: Date | undefined;
  /** Readers of a log that follow it now. */
  followers = 0;

  async submitJob({ project, job: sent }: SubmitJobRequest): Promise<Job> {
    this.asked += 1;
    await sleep(this.answerAfterMs);
    this.#refuse();
    if (project === undefined || sent === undefined) throw Problem.internal();
    const known = this.jobs.get(sent.id);
    if (known && !equals(NewJobSchema, known.sent, sent)) {
      throw Problem.conflict('job_exists_with_different_content', 'There is such a job.');
    }
    const { path, bytes } = this.output;
    const { id, name, workload } = sent;
    const job =
      known?.job ??
      create(JobSchema, {
        project,
        id,
        name,
        ...(workload && { workload }),
        state: State.QUEUED,
        billedDeviceMs: 2n ** 63n - 1n,
        createdAt: CREATED_AT,
        outputs: [{ path, sha256: digestOf(bytes), sizeBytes: BigInt(bytes.length) }],
      });
    this.jobs.set(sent.id, { sent, job });
    return job;
  }

  async explainJob({ job }: ExplainJobRequest) {
    this.#refuse();
    return { verdict: Verdict.QUEUED, rule: 'capacity', detail: `No room for ${job?.name}.`, decidedAt: CREATED_AT };
  }

  async getJob({ id }: GetJobRequest): Promise<Job> {
    return this.#job(id);
  }

  async listJobs({ page }: ListJobsRequest) {
    this.#refuse();
    const from = Number(page?.pageToken ?? 0);
    const to = from + (page?.pageSize || 50);
    const jobs = [...this.jobs.values()].map(({ job }) => job);
    return { jobs: jobs.slice(from, to), page: { nextPageToken: to < jobs.length ? String(to) : '' } };
  }

  async cancelJob({ id }: CancelJobRequest): Promise<Job> {
    return Object.assign(this.#job(id), { state: State.CANCELLED });
  }

  async listDecisions() {
    this.#refuse();
    return { decisions: [{ verdict: Verdict.PLACED }] };
  }

  async uploadFile(requests: AsyncIterable<UploadFileRequest>) {
    const hash = createHash('sha256');
    let named = '';
    let size = 0;
    for await (const { sha256, data } of requests) {
      this.#refuse();
      await this.uploadGate;
      named ||= sha256;
      hash.update(data);
      size += data.length;
      this.uploadedBytes += data.length;
    }
    if (hash.digest('hex') !== named) throw Problem.invalid('digest_mismatch', 'The bytes have another digest.');
    this.files.set(named, size);
    return { sha256: named, sizeBytes: BigInt(size) };
  }

  async getFile({ sha256 }: GetFileRequest) {
    this.#refuse();
    const size = this.files.get(sha256);
    if (size === undefined) throw Problem.notFound('file', sha256);
    return { sha256, sizeBytes: BigInt(size) };
  }

  async *readJobLog({ id, offset, follow }: ReadJobLogRequest, { signal, deadline }: Call) {
    this.readUntil = deadline;
    this.#job(id);
    if (follow) await this.logGate;
    yield { offset, data: Buffer.from(this.log.join('')).subarray(Number(offset)) };
    if (!follow) return;
    this.followers += 1;
    try {
      for (let line = 1; !signal.aborted; line += 1) {
        if (this.logFailure) throw this.logFailure;
        yield { data: Buffer.from(`${this.followed} ${line}\n`) };
        this.followedLines = line;
        await sleep(this.followEveryMs);
      }
    } finally {
      this.followers -= 1;
    }
  }

  async *readJobOutput({ path }: ReadJobOutputRequest) {
    if (path !== this.output.path) throw Problem.notFound('output', path);
    for (const byte of this.output.bytes) yield { data: Uint8Array.of(byte) };
  }

  async listSites() {
    this.#refuse();
    return { sites: [{ id: 'home', clusters: [{ pools: [{ slots: 2, memoryBytesPerNode: 2n ** 40n }] }] }] };
  }

  async listAcceleratorClasses() {
    this.#refuse();
    return { classes: [{ name: 'cpu.x86_64', vendor: 'any' }] };
  }

  #job(id: string): Job {
    this.#refuse();
    const known = this.jobs.get(id);
    if (known === undefined) throw Problem.notFound('job', id);
    return known.job;
  }

  #refuse(): void {
    if (this.refusal) throw this.refusal;
  }
}

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
