import { setTimeout as sleep } from 'node:timers/promises';
import {
  readWishes,
  replaceRecord,
  type End,
  type Heartbeat,
  type JobFolder,
  type JobSpec,
  type UsageRecord,
  type Wishes,
} from '../job-folder.ts';
import { wallClockMs } from '../wall-clock.ts';
import { folderBytes } from './folder-bytes.ts';
import type { LogCapture } from './log-capture.ts';
import { waitedCpuMs } from './process-list.ts';
import type { Program, ProgramEnd } from './program.ts';
import { Stopwatch } from './stopwatch.ts';
import { untilNextMs, verdict } from './verdict.ts';

const SAMPLE_MS = 200;
const HEARTBEAT_MS = 1_000;
/** A folder is measured again after this many times what measuring it took, so that big ones cost no more. */
const MEASURE_REST = 10;

/** How the supervision of a program ended. Its processes are still to be destroyed. */
export interface Supervised {
  end: End;
  /** Undefined where it was killed before it ended by itself. */
  program?: ProgramEnd;
  usage: UsageRecord;
}

/** Watches one running program until it ends or has to: samples, decides, tells, and does what the engine asks. */
export class Supervision {
  private readonly folder: JobFolder;
  private readonly spec: JobSpec;
  private readonly program: Program;
  private readonly logs: LogCapture;
  private readonly startedAtMs = wallClockMs();
  private readonly watch = new Stopwatch();
  private readonly stopping = new Stopwatch({ running: false });
  private readonly waitedCpuBeforeMs = waitedCpuMs();
  private readonly usage: Omit<UsageRecord, 'elapsedMs' | 'logBytes'> = { cpuMs: 0, memoryBytesMax: 0, diskBytes: 0 };
  /** From when it was told to leave on: it has time for a checkpoint before it is stopped. */
  private readonly leaving = new Stopwatch({ running: false });
  /** What the program has been told: why its end is near. */
  private noticed: End | undefined;
  /** Whether it was asked for a checkpoint, and has not been given more time since. */
  private checkpointAsked = false;
  /** Cover never shrinks: what was read once holds, whatever becomes of the file. */
  private coverMs = 0;
  private paused = false;
  private lost = false;
  private wake: () => void = () => undefined;
  private beatAtMs = -Infinity;
  private measuring: Promise<void> | undefined;
  /** Nothing is looked at any more: what follows deletes it. */
  private readonly over = new AbortController();
  private measureAtMs = 0;

  constructor(folder: JobFolder, spec: JobSpec, program: Program, logs: LogCapture) {
    this.folder = folder;
    this.spec = spec;
    this.program = program;
    this.logs = logs;
  }

  get startedAt(): number {
    return this.startedAtMs;
  }

  /** Looks at the engine's wishes at once instead of at the next sample. */
  nudge(): void {
    this.wake();
  }

  /** The machine asks this process to go: the program goes first. */
  abandon(): void {
    this.lost = true;
    this.wake();
  }

  async untilEnd(): Promise<Supervised> {
    try {
      return await this.watchOver();
    } finally {
      this.over.abort();
      await this.measuring;
    }
  }

  private async watchOver(): Promise<Supervised> {
    let ended: ProgramEnd | undefined;
    void this.program.ended.then((end) => {
      ended = end;
      this.watch.stop();
      this.wake();
    });
    for (;;) {
      if (ended) return this.endedByItself(ended);
      const end = this.look();
      if (end) {
        this.watch.stop();
        return { end, usage: this.usageNow() };
      }
      const { coverMs } = this.wishes();
      const untilMs = this.paused ? Infinity : untilNextMs(this.watch.elapsedMs(), this.spec.limits, coverMs);
      await this.rest(Math.min(SAMPLE_MS, untilMs));
    }
  }

  /** One sample: does what is due, and says why the program must be killed now, if it must. */
  private look(): End | undefined {
    if (this.lost) return 'LOST';
    const wishes = this.wishes();
    const sample = this.sample();
    const { limits } = this.spec;
    if (wishes.leave && !wishes.stop && !this.isToldToGo) this.leave();
    if (!this.stopping.running && (wishes.stop || this.isCheckpointOver)) this.stop();
    if (this.stopping.running && this.stopping.elapsedMs() >= limits.graceMs) return 'STOPPED';
    if (!this.isToldToGo) this.setPaused(wishes.paused);
    if (!this.paused) this.program.tend();
    const decided = verdict(sample, limits, wishes.coverMs);
    if (decided.act === 'kill') return decided.end;
    if (decided.act === 'checkpoint') this.askForCheckpoint();
    if (decided.act === 'run' && !this.isToldToGo) this.checkpointAsked = false;
    if (decided.act === 'notice' && !this.noticed && !this.stopping.running) this.program.signal('SIGTERM');
    const noticed = decided.act === 'notice' ? decided.end : undefined;
    if (noticed !== this.noticed) this.beatAtMs = -Infinity;
    this.noticed = noticed;
    this.beat();
    return undefined;
  }

  private wishes(): Wishes {
    const wishes = readWishes(this.folder);
    this.coverMs = Math.max(this.coverMs, wishes.coverMs);
    return { ...wishes, coverMs: this.coverMs };
  }

  private get isToldToGo(): boolean {
    return this.leaving.running || this.stopping.running;
  }

  private get isCheckpointOver(): boolean {
    return this.leaving.running && this.leaving.elapsedMs() >= (this.spec.limits.checkpointMs ?? 0);
  }

  private leave(): void {
    this.leaving.start();
    this.setPaused(false);
    if (this.spec.limits.checkpointMs) this.askForCheckpoint();
    this.beatAtMs = -Infinity;
  }

  private stop(): void {
    this.stopping.start();
    this.setPaused(false);
    this.program.signal('SIGTERM');
    this.beatAtMs = -Infinity;
  }

  /** Once for an end that is near, before its notice, and not while the program is halted and could not hear it. */
  private askForCheckpoint(): void {
    if (this.checkpointAsked || this.paused || this.noticed || this.stopping.running) return;
    this.checkpointAsked = true;
    this.program.signal('SIGUSR1');
  }

  private sample() {
    const now = this.program.usage(this.spec.limits.memoryBytes);
    this.usage.cpuMs = Math.max(this.usage.cpuMs, now.cpuMs);
    this.usage.memoryBytesMax = Math.max(this.usage.memoryBytesMax, now.memoryBytes);
    if (!this.measuring && performance.now() >= this.measureAtMs) this.measuring = this.measure();
    return { ...now, elapsedMs: this.watch.elapsedMs(), diskBytes: this.usage.diskBytes };
  }

  private async measure(): Promise<void> {
    const began = performance.now();
    try {
      const bytes = await folderBytes(this.folder.work, this.over.signal);
      if (this.over.signal.aborted) return;
      this.usage.diskBytes = bytes + this.program.deletedBytes();
    } catch (error) {
      console.error('Its folder could not be measured.', error);
    }
    const now = performance.now();
    this.measureAtMs = now + (now - began) * MEASURE_REST;
    this.measuring = undefined;
    if (this.usage.diskBytes > this.spec.limits.diskBytes) this.wake();
  }

  private setPaused(paused: boolean): void {
    if (paused === this.paused) return;
    this.paused = paused;
    if (paused) {
      this.program.pause();
      this.watch.stop();
    } else {
      this.watch.start();
      this.program.resume();
    }
    this.beatAtMs = -Infinity;
  }

  private beat(): void {
    const now = performance.now();
    if (now - this.beatAtMs < HEARTBEAT_MS) return;
    this.beatAtMs = now;
    const state = this.isToldToGo || this.noticed ? 'STOPPING' : this.paused ? 'PAUSED' : 'RUNNING';
    const heartbeat: Heartbeat = {
      state,
      usage: this.usageNow(),
      startedAtMs: this.startedAtMs,
      ...this.program.traces(),
      controlGroups: this.program.controlGroups,
    };
    try {
      replaceRecord(this.folder.heartbeat, heartbeat);
    } catch (error) {
      // Such as for want of room; the next may find some.
      console.error('Its heartbeat could not be written.', error);
    }
  }

  private usageNow(): UsageRecord {
    const { cpuMs, memoryBytesMax, diskBytes } = this.usage;
    const { limits } = this.spec;
    return {
      elapsedMs: Math.floor(this.watch.elapsedMs()),
      cpuMs,
      memoryBytesMax,
      diskBytes: Number.isFinite(diskBytes) ? diskBytes : limits.diskBytes,
      logBytes: this.logs.printedBytes,
    };
  }

  private async endedByItself(program: ProgramEnd): Promise<Supervised> {
    const { outOfMemory, cpuMs } = this.program.usage(this.spec.limits.memoryBytes);
    this.usage.cpuMs = Math.max(this.usage.cpuMs, cpuMs, waitedCpuMs() - this.waitedCpuBeforeMs);
    const end = outOfMemory
      ? 'MEMORY_LIMIT'
      : program.signal === 'SIGXFSZ'
        ? 'DISK_LIMIT'
        : this.isToldToGo
          ? 'STOPPED'
          : (this.noticed ?? 'EXITED');
    return { end, program, usage: this.usageNow() };
  }

  private async rest(ms: number): Promise<void> {
    const timer = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    await Promise.race([
      woken,
      sleep(Math.max(1, Math.ceil(ms)), undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
  }
}
