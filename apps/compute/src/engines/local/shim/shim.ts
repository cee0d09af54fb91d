import { mkdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  jobFolder,
  makeRecordOnce,
  NO_USAGE,
  readRecord,
  readWishes,
  replaceRecord,
  type ExitRecord,
  type Heartbeat,
  type JobFolder,
  type JobSpec,
} from '../job-folder.ts';
import { identify } from '../process-identity.ts';
import { wallClockMs } from '../wall-clock.ts';
import { startBare } from './bare-program.ts';
import { controlGroup } from './control-group.ts';
import { deleteFolder } from './delete-folder.ts';
import { explain } from './explain.ts';
import { folderBytes } from './folder-bytes.ts';
import { keepOutputs } from './keep-outputs.ts';
import { layInputs } from './lay-inputs.ts';
import { LogCapture } from './log-capture.ts';
import { NotStarted, type Program } from './program.ts';
import { startSandboxed } from './sandboxed-program.ts';
import { Supervision, type Supervised } from './supervise.ts';

/** Nothing is alive that could print; without namespaces something may be that is not known to be the job's. */
const DRAIN_MS_MAX = 2_000;
/** Nobody else knows how it ended: it is told as soon as there is room for it. */
const RECORD_RETRY_MS = 1_000;

/** Supervises one job from its start to its record of how it ended. Usage: shim.js FOLDER. */
async function main(path: string): Promise<void> {
  const folder = jobFolder(path);
  const spec = readRecord<JobSpec>(folder.spec);
  if (!spec) throw new Error(`There is no job in ${path}.`);
  const running: { supervision?: Supervision } = {};
  let abandoned = false;
  // From before the claim on, because a signal without a handler would end this process.
  process.on('SIGUSR2', () => running.supervision?.nudge());
  process.on('SIGTERM', () => {
    abandoned = true;
    running.supervision?.abandon();
  });
  process.on('SIGHUP', () => undefined);
  process.on('SIGINT', () => undefined);
  if (!makeRecordOnce(folder.claim, identify(process.pid))) return;

  const { stop, leave } = readWishes(folder);
  if (stop || leave || abandoned) {
    return end(folder, spec, { end: abandoned ? 'LOST' : 'STOPPED', usage: NO_USAGE }, { startedAtMs: wallClockMs() });
  }
  const logs = new LogCapture(folder, spec.limits.logBytes, spec.userId);
  let program: Program;
  try {
    program = await start(folder, spec, logs);
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    return await end(
      folder,
      spec,
      { end: 'NOT_STARTED', usage: NO_USAGE },
      { detail: error.message, startedAtMs: wallClockMs() },
    );
  } finally {
    logs.started();
  }
  const supervision = (running.supervision = new Supervision(folder, spec, program, logs));
  if (abandoned) supervision.abandon();
  const supervised = await supervision.untilEnd();
  const leftAlive = await attempt(() => program.destroy(), 0);
  await Promise.race([logs.drained, sleep(DRAIN_MS_MAX)]);
  supervised.program ??= await program.ended;
  supervised.usage.logBytes = logs.printedBytes;
  return end(folder, spec, supervised, { leftAlive, startedAtMs: supervision.startedAt });
}

async function start(folder: JobFolder, spec: JobSpec, logs: LogCapture): Promise<Program> {
  mkdirSync(folder.root, { recursive: true });
  await layInputs(folder.work, spec);
  if (spec.isolation === 'none') return startBare(folder, spec, logs.output);
  return startSandboxed(folder, spec, logs.output, controlGroup(spec.jobId, spec.limits, spec.controlGroup));
}

/**
 * Nothing of the job is alive: keeps what it declared, deletes what it did not, and records how it ended. Whatever of
 * this its folder does not let happen, the record is made: a job whose end is not told is lost, and charged nothing.
 */
async function end(
  folder: JobFolder,
  spec: JobSpec,
  supervised: Supervised,
  { detail, leftAlive = 0, startedAtMs }: { detail?: string; leftAlive?: number; startedAtMs: number },
): Promise<void> {
  const endedAtMs = wallClockMs();
  const { program } = supervised;
  const diskBytes = await attempt(() => folderBytes(folder.work), supervised.usage.diskBytes);
  const cause = supervised.end === 'EXITED' && diskBytes > spec.limits.diskBytes ? 'DISK_LIMIT' : supervised.end;
  if (Number.isFinite(diskBytes)) supervised.usage.diskBytes = diskBytes;
  if (supervised.end !== 'NOT_STARTED') {
    const heartbeat: Heartbeat = {
      state: 'STOPPING',
      usage: supervised.usage,
      startedAtMs,
      supervised: [],
      helpers: [],
      controlGroups: [],
    };
    await attempt(() => replaceRecord(folder.heartbeat, heartbeat), undefined);
  }
  const outputs = cause === 'NOT_STARTED' ? [] : await attempt(() => keepOutputs(folder, spec.outputs), []);
  await attempt(() => deleteFolder(folder.work), undefined);
  await attempt(() => rmSync(folder.root, { recursive: true, force: true }), undefined);
  const record: ExitRecord = {
    end: cause,
    ...(program?.exitCode != null && { exitCode: program.exitCode }),
    ...(program?.signal != null && { signal: program.signal }),
    detail: detail ?? explain(cause, spec.limits, program, leftAlive),
    usage: supervised.usage,
    startedAtMs,
    endedAtMs,
    outputs,
    leftAlive,
  };
  while (!(await attempt(() => (makeRecordOnce(folder.exit, record), true), false))) await sleep(RECORD_RETRY_MS);
}

/** What fails on the way is told to the shim's own log, and something else taken for it. */
async function attempt<T>(act: () => T | Promise<T>, otherwise: T): Promise<T> {
  try {
    return await act();
  } catch (error) {
    console.error(error);
    return otherwise;
  }
}

await main(process.argv[2] ?? '');
// Sockets of pipes that a job's leftovers might hold must not keep this process.
process.exit(0);
