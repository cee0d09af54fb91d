import { statfsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { create } from '@bufbuild/protobuf';
import {
  Capacity_Isolation,
  CapacitySchema,
  ReadLogRequest_Stream,
  type Capacity,
  type EngineService,
  type ListMissingFilesRequest,
  type ExtendCoverRequest,
  type ForgetRequest,
  type GetCapacityRequest,
  type Observation,
  type ObserveRequest,
  type ReadLogRequest,
  type ReadOutputRequest,
  type SetPausedRequest,
  type StageFileRequest,
  type StopRequest,
  type SubmitRequest,
} from '@kontor/contracts/engine/v1/engine';
import type { Call, Serves } from '@kontor/kit/grpc';
import { logger } from '@kontor/kit/log';
import { Problem } from '@kontor/kit/problem';
import { Recurring } from '../../recurring.ts';
import { checkSubmission } from './check-submission.ts';
import { discover } from './discovery/discover.ts';
import { grantOf, nodesOf, type Machine } from './discovery/machine.ts';
import { FileStore } from './file-store.ts';
import { tryIsolation, type Isolation } from './isolation.ts';
import { contentSha256, jobSpec } from './job-spec.ts';
import { jobFolder } from './job-folder.ts';
import { Jobs } from './jobs.ts';
import { unreadable } from './observe.ts';
import { follow, readFrom } from './read-files.ts';

export interface LocalEngineOptions {
  /** Kontor's folder on this machine, hidden from jobs; the engine keeps `jobs/` and `files/` in it. */
  home: string;
  /** Shown to jobs as `node`, and runs the shims. */
  nodeBinary?: string;
  /** False runs jobs without a sandbox, among all other processes, also where one could be built. */
  sandbox?: boolean;
  /** Folder of a delegated control group of version 2, where the operator has one. */
  controlGroup?: string;
}

const log = logger('engine');
const CLEANING_MS = 3_600_000;
/** Memory that stays with the system. */
const MEMORY_RESERVE_BYTES = 512 * 1024 ** 2;
/** Of the disk, what stays for records, logs and everything else that must go on when jobs have filled the rest. */
const DISK_RESERVE_BYTES = 1024n ** 3n;

interface Surroundings {
  machine: Machine;
  isolation: Isolation;
}

/** The cluster engine of this machine: a real process per job, supervised by a shim that outlives this process. */
export class LocalEngine implements Serves<typeof EngineService> {
  private readonly home: string;
  private readonly nodeBinary: string;
  private readonly sandbox: boolean;
  private readonly controlGroup: string | undefined;
  private readonly files: FileStore;
  private readonly jobs: Jobs;
  private readonly cleaning: Recurring;
  private found: Promise<Surroundings> | undefined;

  constructor({ home, nodeBinary = process.execPath, sandbox = true, controlGroup }: LocalEngineOptions) {
    this.home = resolve(home);
    this.nodeBinary = nodeBinary;
    this.sandbox = sandbox;
    this.controlGroup = controlGroup;
    this.files = new FileStore(join(this.home, 'files'));
    this.jobs = new Jobs(join(this.home, 'jobs'), nodeBinary);
    this.cleaning = new Recurring(
      CLEANING_MS,
      () => this.files.deleteUnused(),
      (error) => log.warn({ err: error }, 'files that nobody wants could not be deleted'),
    );
  }

  async getCapacity(_request: GetCapacityRequest): Promise<Capacity> {
    this.cleaning.whenDue();
    const { machine, isolation } = await this.look();
    return create(CapacitySchema, {
      engine: 'local',
      isolation: isolation.kind === 'namespaces' ? Capacity_Isolation.NAMESPACES : Capacity_Isolation.NONE,
      isolationDetail: isolation.detail,
      nodes: nodesOf(machine),
    });
  }

  async stageFile(requests: AsyncIterable<StageFileRequest>) {
    return { sizeBytes: BigInt(await this.files.stage(requests)) };
  }

  async listMissingFiles({ sha256 }: ListMissingFilesRequest) {
    return { sha256: this.files.missing(sha256) };
  }

  async submit(request: SubmitRequest): Promise<Observation> {
    const { machine, isolation } = await this.surroundings();
    const known = this.jobs.spec(request.jobId);
    if (known && known.contentSha256 !== contentSha256(request)) {
      throw Problem.conflict(
        'exists_with_different_content',
        `Job ${request.jobId} exists and is another one.`,
        'Use a new id for a new job.',
      );
    }
    if (!known) {
      checkSubmission(request, nodesOf(machine), this.files, this.diskBytesLeft());
      this.jobs.accept(this.specOf(request, machine, isolation), Number(request.coverMs));
    }
    return this.jobs.observe(request.jobId);
  }

  async observe({ jobIds }: ObserveRequest) {
    const known = new Set(this.jobs.ids());
    const asked = jobIds.length === 0 ? [...known] : jobIds.filter((jobId) => known.has(jobId));
    const observe = (jobId: string): Promise<Observation | undefined> =>
      this.jobs.observe(jobId).catch((error: unknown) => unreadable(jobId, error));
    return { observations: (await Promise.all(asked.map(observe))).filter((seen) => seen !== undefined) };
  }

  async extendCover({ jobId, coverMs }: ExtendCoverRequest): Promise<Observation> {
    this.jobs.extendCover(jobId, Number(coverMs));
    return this.jobs.observe(jobId);
  }

  async stop({ jobId, checkpointFirst }: StopRequest): Promise<Observation> {
    this.jobs.stop(jobId, checkpointFirst);
    return this.jobs.observe(jobId);
  }

  async setPaused({ jobId, paused }: SetPausedRequest): Promise<Observation> {
    this.jobs.setPaused(jobId, paused);
    return this.jobs.observe(jobId);
  }

  async *readLog({ jobId, stream, offset, follow: following }: ReadLogRequest, { signal }: Pick<Call, 'signal'>) {
    const folder = this.jobs.folder(jobId);
    const path = stream === ReadLogRequest_Stream.STDERR ? folder.stderr : folder.stdout;
    const hasEnded = async () => !following || this.jobs.hasEnded(jobId);
    for await (const piece of follow(path, Number(offset), hasEnded, signal)) {
      yield { offset: BigInt(piece.offset), data: piece.data };
    }
  }

  async *readOutput({ jobId, path }: ReadOutputRequest) {
    const exit = this.jobs.exitOf(jobId);
    if (!exit) throw Problem.refused('job_not_ended', `Job ${jobId} has not ended.`, 'Read its outputs when it has.');
    if (!exit.outputs.some((output) => output.path === path)) throw Problem.notFound('output', path);
    for await (const { data } of readFrom(join(this.jobs.folder(jobId).outputs, path), 0)) yield { data };
  }

  async forget({ jobId }: ForgetRequest) {
    if (!this.jobs.spec(jobId)) return {};
    if (!this.jobs.exitOf(jobId))
      throw Problem.refused('job_not_ended', `Job ${jobId} has not ended.`, 'Stop it first.');
    await this.jobs.forget(jobId);
    return {};
  }

  private diskBytesLeft(): bigint {
    const { bavail, bsize } = statfsSync(this.home, { bigint: true });
    const left = bavail * bsize - DISK_RESERVE_BYTES;
    return left > 0n ? left : 0n;
  }

  private specOf(request: SubmitRequest, machine: Machine, isolation: Isolation) {
    return jobSpec(request, {
      isolation: isolation.kind,
      ownUsers: isolation.ownUsers,
      nodeBinary: this.nodeBinary,
      home: this.home,
      work: jobFolder(join(this.home, 'jobs', request.jobId)).work,
      grant: grantOf(machine, request.workload!.acceleratorClass, request.devices),
      fileOf: this.files.path,
      ...(this.controlGroup !== undefined && { controlGroup: this.controlGroup }),
    });
  }

  /** The machine and how it isolates, as it was at the last look that told. */
  private surroundings(): Promise<Surroundings> {
    return this.found ?? this.look();
  }

  private look(): Promise<Surroundings> {
    const before = this.found;
    const looking = this.lookAt(before);
    this.found = looking;
    looking.catch(() => {
      if (this.found === looking) this.found = before;
    });
    return looking;
  }

  /** What a machine has may change while this process lives; that it keeps jobs apart has to be proved once. */
  private async lookAt(before: Promise<Surroundings> | undefined): Promise<Surroundings> {
    const proved = (await before?.catch(() => undefined))?.isolation;
    const trial = { folder: join(this.home, 'jobs'), nodeBinary: this.nodeBinary, sandbox: this.sandbox };
    const [machine, isolation] = await Promise.all([
      discover(MEMORY_RESERVE_BYTES),
      proved?.kind === 'namespaces' ? proved : tryIsolation(trial),
    ]);
    return { machine, isolation };
  }
}
