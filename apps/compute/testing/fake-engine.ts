import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  Capacity_Isolation,
  Observation_End as End,
  Observation_State as State,
  ObservationSchema,
  type EngineService,
  type ExtendCoverRequest,
  type ForgetRequest,
  type ListMissingFilesRequest,
  type NodeSchema,
  type Observation,
  type ObserveRequest,
  type ReadLogRequest,
  type ReadOutputRequest,
  type StageFileRequest,
  type StopRequest,
  type SubmitRequest,
} from '@kontor/contracts/engine/v1/engine';
import type { Clock } from '@kontor/kit/clock';
import type { Serves } from '@kontor/kit/grpc';
import { Problem } from '@kontor/kit/problem';

/** Compute does not ask this yet. */
const notPlayed = (): never => {
  throw new Error('The fake engine does not play this.');
};

interface Running {
  request: SubmitRequest;
  coverMs: number;
  startedAt: number;
  /** When it was told to leave, with its checkpoint notice before; when to stop; and when it was paused. */
  leftAt?: number;
  stoppedAt?: number;
  pausedAt?: number;
  pausedMs: number;
  /** Set by a test: what it reports from then on. */
  forced?: { state: State; end: End };
}

/**
 * An engine in memory whose programs are their commands: `work 5000 3` runs for five seconds and exits with 3,
 * `deaf 5000` does not hear SIGTERM, `missing` cannot be started. It goes by the clock alone and tells the whole truth
 * whenever it is asked.
 */
export class FakeEngine implements Serves<typeof EngineService> {
  readonly jobs = new Map<string, Running>();
  readonly files = new Map<string, Buffer>();
  /** Jobs that were really started, in order. */
  readonly started: string[] = [];
  nodes: MessageInitShape<typeof NodeSchema>[] = [
    { name: 'n1', acceleratorClass: 'cpu.x86_64', devices: 4, cores: 4, memoryBytes: 8n * 2n ** 30n },
  ];
  isolation = Capacity_Isolation.NAMESPACES;
  readonly setPaused = notPlayed;

  constructor(private readonly clock: Clock) {}

  async getCapacity() {
    return { engine: 'local', isolation: this.isolation, isolationDetail: 'As tests want it.', nodes: this.nodes };
  }

  async stageFile(requests: AsyncIterable<StageFileRequest>) {
    const parts: Uint8Array[] = [];
    let name = '';
    for await (const { sha256, data } of requests) {
      name ||= sha256;
      parts.push(data);
    }
    const file = Buffer.concat(parts);
    this.files.set(name, file);
    return { sizeBytes: BigInt(file.length) };
  }

  async listMissingFiles({ sha256 }: ListMissingFilesRequest) {
    return { sha256: sha256.filter((digest) => !this.files.has(digest)) };
  }

  async submit(request: SubmitRequest): Promise<Observation> {
    const missing = request.workload?.inputs.find(({ sha256 }) => !this.files.has(sha256));
    if (missing) throw Problem.refused('files_missing', `The store lacks ${missing.sha256}.`);
    if (!this.jobs.has(request.jobId)) {
      this.jobs.set(request.jobId, { request, coverMs: Number(request.coverMs), startedAt: this.#now(), pausedMs: 0 });
      this.started.push(request.jobId);
    }
    return this.#seen(request.jobId);
  }

  async observe({ jobIds }: ObserveRequest) {
    return { observations: jobIds.filter((id) => this.jobs.has(id)).map((id) => this.#seen(id)) };
  }

  async extendCover({ jobId, coverMs }: ExtendCoverRequest): Promise<Observation> {
    const job = this.#find(jobId);
    job.coverMs = Math.max(job.coverMs, Number(coverMs));
    return this.#seen(jobId);
  }

  async stop({ jobId, checkpointFirst }: StopRequest): Promise<Observation> {
    const job = this.#find(jobId);
    if (this.#seen(jobId).state !== State.ENDED) {
      if (checkpointFirst) job.leftAt ??= this.#now();
      else job.stoppedAt ??= this.#now();
    }
    return this.#seen(jobId);
  }

  /** Halts or continues a job, as an operator could. */
  pause(jobId: string, paused: boolean): void {
    const job = this.#find(jobId);
    if (paused) job.pausedAt ??= this.#now();
    else if (job.pausedAt !== undefined) {
      job.pausedMs += this.#now() - job.pausedAt;
      delete job.pausedAt;
    }
  }

  async forget({ jobId }: ForgetRequest) {
    this.jobs.delete(jobId);
    return {};
  }

  async *readLog({ jobId, offset }: ReadLogRequest) {
    const { workload } = this.#find(jobId).request;
    const data = Buffer.from(`${workload?.command.join(' ')}\n`).subarray(Number(offset));
    if (data.length > 0) yield { offset, data };
  }

  async *readOutput({ jobId, path }: ReadOutputRequest) {
    yield { data: Buffer.from(`${path} of ${this.#find(jobId).request.jobId}`) };
  }

  #find(jobId: string): Running {
    const job = this.jobs.get(jobId);
    if (!job) throw Problem.notFound('job', jobId);
    return job;
  }

  #seen(jobId: string): Observation {
    const job = this.#find(jobId);
    const { workload } = job.request;
    const [program, run = '0', exit = '0'] = workload?.command ?? [];
    const elapsed = (job.pausedAt ?? this.#now()) - job.startedAt - job.pausedMs;
    const grace = program === 'deaf' ? Number(workload?.graceMs ?? 0n) : 0;
    const limit = Number(workload?.timeLimitMs);
    const left = job.leftAt === undefined ? Infinity : job.leftAt + Number(workload?.checkpointNoticeMs ?? 0n);
    const stopped = Math.min(job.stoppedAt ?? Infinity, left);
    const ends: [at: number, end: End][] = [
      [program === 'missing' ? 0 : Infinity, End.NOT_STARTED],
      [Number(run), End.EXITED],
      [stopped - job.startedAt - job.pausedMs + grace, End.STOPPED],
      [limit, End.TIME_LIMIT],
      [job.coverMs, End.COVER_ENDED],
    ];
    const [at, end] = ends.reduce((first, next) => (next[0] < first[0] ? next : first));
    const hasEnded = elapsed >= at;
    const state = job.stoppedAt === undefined && job.leftAt === undefined ? State.RUNNING : State.STOPPING;
    return create(ObservationSchema, {
      jobId,
      state: hasEnded ? State.ENDED : job.pausedAt === undefined ? state : State.PAUSED,
      ...(hasEnded && { end }),
      ...(hasEnded && end === End.EXITED && { exitCode: Number(exit) }),
      usage: {
        elapsedMs: BigInt(Math.min(elapsed, at)),
        cpuMs: BigInt(Math.min(elapsed, at)),
        memoryBytesMax: 1_000_000n,
      },
      startedAt: timestampFromDate(new Date(job.startedAt)),
      ...(hasEnded && {
        outputs: (workload?.outputs ?? []).map((path) => ({ path, sha256: 'a'.repeat(64), sizeBytes: 3n })),
      }),
      ...job.forced,
    });
  }

  #now(): number {
    return this.clock.now().getTime();
  }
}
