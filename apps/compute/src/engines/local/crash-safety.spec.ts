import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  EngineService,
  Observation_End as End,
  Observation_State as State,
  type Observation,
} from '@kontor/contracts/engine/v1/engine';
import { inProcess } from '@kontor/kit/in-process';
import { eventually } from '@kontor/testing/eventually';
import { textOf, type Engine } from '../conformance/bench.ts';
import { jobFolder, makeRecordOnce, readRecord, replaceRecord, type Heartbeat } from './job-folder.ts';
import { LocalEngine } from './local-engine.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { spawnShim } from './spawn-shim.ts';

describe('an engine that is killed', () => {
  it.each(['engine.folder-made', 'engine.spec-written', 'engine.job-accepted', 'engine.shim-spawned'])(
    'at %s finishes the start when the job is submitted again, and starts it once',
    async (label) => {
      const { home, engine, request } = await setup();
      expect(await submitAndCrash(home, request, label)).toBe('SIGKILL');
      await engine.submit(request);
      const { end, exitCode } = await ended(engine, request.jobId);
      expect({ end: End[end], exitCode }).toEqual({ end: 'EXITED', exitCode: 0 });
      expect(await log(engine, request.jobId)).toBe('started\n');
      new LocalEngine({ home });
      await eventually('what was half made is gone', () => readdirSync(join(home, 'jobs')).length === 1);
    },
  );

  it('has its job started by whoever observes it next', async () => {
    const { home, engine, request } = await setup();
    await submitAndCrash(home, request, 'engine.job-accepted');
    expect((await ended(engine, request.jobId)).end).toBe(End.EXITED);
  });
});

describe('a shim', () => {
  it('starts a job once, however many of it are started', async () => {
    const { home, engine, request } = await setup();
    await submitAndCrash(home, request, 'engine.job-accepted');
    const folder = jobFolder(join(home, 'jobs', request.jobId));
    await Promise.all(
      [1, 2, 3, 4].map(() => new Promise<void>((resolve) => spawnShim(process.execPath, folder, resolve))),
    );
    expect((await ended(engine, request.jobId)).end).toBe(End.EXITED);
    expect(await log(engine, request.jobId)).toBe('started\n');
  });

  it('that died before its program began is not replaced: the job is lost', async () => {
    const { home, engine, request } = await setup();
    await submitAndCrash(home, request, 'engine.job-accepted');
    const folder = jobFolder(join(home, 'jobs', request.jobId));
    const gone = spawn('sleep', ['30']);
    makeRecordOnce(folder.claim, identify(gone.pid!));
    gone.kill('SIGKILL');
    await once(gone, 'exit');
    const lost = await engine.submit(request);
    expect(lost).toMatchObject({ state: State.ENDED, end: End.LOST, usage: { elapsedMs: 0n } });
    expect(await log(engine, request.jobId)).toBe('');
  });

  it('that was there before the machine was restarted has lost its job, with the usage last seen', async () => {
    const { home, engine, request } = await setup();
    await submitAndCrash(home, request, 'engine.job-accepted');
    const folder = jobFolder(join(home, 'jobs', request.jobId));
    const before = { ...identify(process.pid)!, bootId: 'the life before' };
    makeRecordOnce(folder.claim, before);
    const usage = { elapsedMs: 4_000, cpuMs: 3_000, memoryBytesMax: 2_000, diskBytes: 1_000, logBytes: 7 };
    const heartbeat: Heartbeat = {
      state: 'RUNNING',
      usage,
      startedAtMs: 1,
      supervised: [before],
      helpers: [before],
      controlGroups: [],
    };
    replaceRecord(folder.heartbeat, heartbeat);
    const {
      observations: [lost],
    } = await engine.observe({ jobIds: [request.jobId] });
    expect(lost).toMatchObject({ end: End.LOST, usage: { elapsedMs: 4_000n, cpuMs: 3_000n, logBytes: 7n } });
    expect(lost?.detail).toMatch(/restarted/);
  });

  it('that the machine tells to end takes its job with it, and says so', async () => {
    const { home, engine, request } = await setup('echo started; sleep 300');
    await engine.submit(request);
    await eventually('it has started', async () => (await log(engine, request.jobId)) === 'started\n', {
      withinMs: 10_000,
    });
    const claim = readRecord<ProcessIdentity>(jobFolder(join(home, 'jobs', request.jobId)).claim)!;
    process.kill(claim.pid, 'SIGTERM');
    expect(await ended(engine, request.jobId)).toMatchObject({ end: End.LOST, signal: 'SIGKILL' });
    await eventually('the shim is gone', () => !isAlive(claim));
  });
});

const homes: string[] = [];
afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })));

/** An engine, and a request for a small job on it. */
async function setup(script = 'echo started; sleep 0.2') {
  const home = mkdtempSync(join(tmpdir(), 'kontor-crash-'));
  homes.push(home);
  chmodSync(home, 0o711);
  const engine = inProcess(EngineService, new LocalEngine({ home }));
  const {
    nodes: [node],
  } = await engine.getCapacity({});
  const request = {
    jobId: randomUUID(),
    node: node!.name,
    devices: [0],
    coverMs: 30_000n,
    workload: {
      command: ['sh', '-c', script],
      acceleratorClass: node!.acceleratorClass,
      devices: 1,
      memoryBytes: 2n ** 27n,
      diskBytes: 2n ** 20n,
      processes: 20,
      logBytes: 1024n,
      timeLimitMs: 30_000n,
    },
  };
  return { home, engine, request };
}

/** Submits to an engine in a process of its own, which is killed at a labelled point. */
async function submitAndCrash(home: string, request: object, label: string): Promise<string | null> {
  const script = join(home, 'submit.mts');
  const armed = join(home, 'crash-at');
  writeFileSync(armed, label);
  writeFileSync(
    script,
    `
    import { create } from '${import.meta.resolve('@bufbuild/protobuf')}';
    import { SubmitRequestSchema } from '${import.meta.resolve('@kontor/contracts/engine/v1/engine')}';
    import { LocalEngine } from '${import.meta.resolve('./local-engine.ts')}';
    const isBig = (value) => typeof value === 'string' && /^\\d+n$/.test(value);
    const request = JSON.parse(process.argv[2], (_, value) => isBig(value) ? BigInt(value.slice(0, -1)) : value);
    await new LocalEngine({ home: process.argv[3] }).submit(create(SubmitRequestSchema, request));
    process.exit(0);
  `,
  );
  const json = JSON.stringify(request, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  const child = spawn(
    process.execPath,
    ['--conditions=@kontor/source', '--experimental-transform-types', '--no-warnings', script, json, home],
    { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, NODE_OPTIONS: '', KONTOR_CRASH_FILE: armed } },
  );
  const [, signal] = await once(child, 'exit');
  return signal as string | null;
}

const ended = (engine: Engine, jobId: string): Promise<Observation> =>
  eventually(
    `job ${jobId} has ended`,
    async () => {
      const {
        observations: [seen],
      } = await engine.observe({ jobIds: [jobId] });
      return seen?.state === State.ENDED && seen;
    },
    { withinMs: 15_000 },
  );

const log = (engine: Engine, jobId: string): Promise<string> => textOf(engine.readLog({ jobId, stream: 1 }));
