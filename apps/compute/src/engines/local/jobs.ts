import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '@kontor/kit/problem';
import { failpoint } from '@kontor/kit/failpoint';
import type { Observation } from '@kontor/contracts/engine/v1/engine';
import {
  flushFolder,
  jobFolder,
  readRecord,
  readWishes,
  replaceRecord,
  type ExitRecord,
  type Heartbeat,
  type JobFolder,
  type JobSpec,
} from './job-folder.ts';
import { settleLostJob } from './lost-job.ts';
import { observationOf } from './observe.ts';
import { isAlive, signal, type ProcessIdentity } from './process-identity.ts';
import { deleteFolder } from './shim/delete-folder.ts';
import { readIfWhole } from './read-if-whole.ts';
import { spawnShim } from './spawn-shim.ts';

const JOB_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The jobs of this machine. All that is known of them is in their folders, so that any process may take over. */
export class Jobs {
  private readonly root: string;
  private readonly nodeBinary: string;
  /** Jobs whose shim this process has started and that shim has not ended: it will claim the job or has done so. */
  private readonly starting = new Set<string>();
  private readonly settling = new Map<string, Promise<void>>();

  constructor(root: string, nodeBinary: string) {
    this.root = root;
    this.nodeBinary = nodeBinary;
    mkdirSync(root, { recursive: true, mode: 0o711 });
    for (const name of readdirSync(root)) {
      // What was about to get its name or had lost it when this process's predecessor ended.
      if (!JOB_ID.test(name)) void deleteFolder(join(root, name)).catch(() => undefined);
    }
  }

  ids = (): string[] => readdirSync(this.root).filter((name) => JOB_ID.test(name));

  /** The folder of a known job. */
  folder(jobId: string): JobFolder {
    const folder = jobFolder(join(this.root, jobId));
    if (!existsSync(folder.spec)) throw Problem.notFound('job', jobId);
    return folder;
  }

  spec = (jobId: string): JobSpec | undefined => readRecord(jobFolder(join(this.root, jobId)).spec);

  /** Accepts a job: its folder gets its name in one step, when all that the shim needs is in it and on disk. */
  accept(spec: JobSpec, coverMs: number): void {
    const made = jobFolder(join(this.root, `.new-${randomUUID()}`));
    mkdirSync(made.path, { mode: 0o711 });
    failpoint('engine.folder-made');
    replaceRecord(made.cover, coverMs, { flush: true });
    writeFileSync(made.spec, JSON.stringify(spec), { flush: true, mode: 0o600 });
    flushFolder(made.path);
    failpoint('engine.spec-written');
    renameSync(made.path, join(this.root, spec.jobId));
    flushFolder(this.root);
    failpoint('engine.job-accepted');
  }

  /** What is true of a job now. Starts one that was accepted and that no shim has claimed. */
  async observe(jobId: string): Promise<Observation> {
    const folder = this.folder(jobId);
    if (!existsSync(folder.exit)) {
      const claim = readRecord<ProcessIdentity>(folder.claim);
      if (!claim) await this.start(jobId, folder);
      // One that is dead has written its last; whether that was a record is looked at after its death only.
      else if (!isAlive(claim) && !existsSync(folder.exit)) await this.settle(jobId, folder, claim);
    }
    const exit = readRecord<ExitRecord>(folder.exit);
    return observationOf({ jobId, exit, heartbeat: exit ? undefined : readIfWhole<Heartbeat>(folder.heartbeat) });
  }

  extendCover(jobId: string, coverMs: number): void {
    const folder = this.folder(jobId);
    if (coverMs <= readWishes(folder).coverMs) return;
    replaceRecord(folder.cover, coverMs, { flush: true });
    this.nudge(folder);
  }

  /** @param leavesTime whether it has its checkpoint notice before */
  stop(jobId: string, leavesTime: boolean): void {
    const folder = this.folder(jobId);
    writeFileSync(leavesTime ? folder.leave : folder.stop, '');
    this.nudge(folder);
  }

  setPaused(jobId: string, paused: boolean): void {
    const folder = this.folder(jobId);
    if (paused) writeFileSync(folder.paused, '');
    else rmSync(folder.paused, { force: true });
    this.nudge(folder);
  }

  hasEnded = (jobId: string): boolean => existsSync(this.folder(jobId).exit);

  exitOf = (jobId: string): ExitRecord | undefined => readRecord(this.folder(jobId).exit);

  /** Deletes an ended job's folder; its name goes in one step. */
  async forget(jobId: string): Promise<void> {
    const gone = join(this.root, `.gone-${randomUUID()}`);
    renameSync(join(this.root, jobId), gone);
    await deleteFolder(gone);
  }

  /** Without a description that can be read there is nothing to start, now or ever: the job is lost. */
  private async start(jobId: string, folder: JobFolder): Promise<void> {
    if (this.starting.has(jobId)) return;
    if (!readIfWhole<JobSpec>(folder.spec)) return this.settle(jobId, folder);
    this.starting.add(jobId);
    spawnShim(this.nodeBinary, folder, () => this.starting.delete(jobId));
    failpoint('engine.shim-spawned');
  }

  private settle(jobId: string, folder: JobFolder, claim?: ProcessIdentity): Promise<void> {
    const known = this.settling.get(jobId);
    if (known) return known;
    const settled = settleLostJob(jobId, folder, claim).finally(() => this.settling.delete(jobId));
    this.settling.set(jobId, settled);
    return settled;
  }

  private nudge(folder: JobFolder): void {
    const claim = readRecord<ProcessIdentity>(folder.claim);
    if (claim) signal(claim, 'SIGUSR2');
  }
}
