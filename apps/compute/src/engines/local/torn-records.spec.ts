import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  EngineService,
  Observation_End as End,
  Observation_State as State,
  type Observation,
} from '@kontor/contracts/engine/v1/engine';
import { inProcess } from '@kontor/kit/in-process';
import { eventually } from '@kontor/testing/eventually';
import { jobFolder, makeRecordOnce, readRecord, type JobFolder } from './job-folder.ts';
import { Jobs } from './jobs.ts';
import { LocalEngine } from './local-engine.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';

const TORN = ['', '{"state":"RUNN', '\0\0\0\0'];

describe('one job with a torn record', () => {
  it.each(TORN)('keeps running, and the others are seen, while its heartbeat is %j', async (torn) => {
    const { engine, started, sees } = await setup();
    const [bad, good] = [await started(), await started()];
    const { pid } = readRecord<ProcessIdentity>(bad.folder.claim)!;
    process.kill(pid, 'SIGSTOP');
    writeFileSync(bad.folder.heartbeat, torn);
    expect(await sees([bad, good])).toEqual(['STARTING', 'RUNNING']);
    process.kill(pid, 'SIGCONT');
    await eventually('it is seen again', async () => (await sees([bad])).join() === 'RUNNING');
    for (const { jobId } of [bad, good]) await engine.stop({ jobId });
    await eventually('both have ended', async () => (await sees([bad, good])).join() === 'ENDED,ENDED');
  });

  it.each(TORN)('is lost with the machine, also with a heartbeat of %j', async (torn) => {
    const { accepted, observe, started, sees } = await setup();
    const [bad, good] = [accepted(), await started()];
    makeRecordOnce(bad.folder.claim, { ...identify(process.pid), bootId: 'the life before' });
    writeFileSync(bad.folder.heartbeat, torn);
    const [lost] = await observe([bad]);
    expect(lost).toMatchObject({ state: State.ENDED, end: End.LOST, usage: { elapsedMs: 0n } });
    expect(await sees([bad, good])).toEqual(['ENDED', 'RUNNING']);
  });

  it.each(TORN)('has the cover that it had when the file says %j, and may be given more', async (torn) => {
    const { engine, started, sees } = await setup();
    const job = await started();
    writeFileSync(job.folder.cover, torn);
    await sleep(600);
    expect(await sees([job])).toEqual(['RUNNING']);
    await engine.extendCover({ jobId: job.jobId, coverMs: 40_000n });
    expect(readRecord(job.folder.cover)).toBe(40_000);
  });

  it.each(TORN)('is lost where what it was to run is %j', async (torn) => {
    const { accepted, observe, started, sees } = await setup();
    const [bad, dead, good] = [accepted(), accepted(), await started()];
    makeRecordOnce(dead.folder.claim, { ...identify(process.pid), bootId: 'the life before' });
    for (const { folder } of [bad, dead]) writeFileSync(folder.spec, torn);
    const seen = await observe([bad, dead]);
    expect(seen.map(({ end }) => End[end])).toEqual(['LOST', 'LOST']);
    expect(seen.map(({ detail }) => detail)).toEqual([
      'What it was to run cannot be read any more.',
      'The machine was restarted while it ran.',
    ]);
    expect(await sees([bad, dead, good])).toEqual(['ENDED', 'ENDED', 'RUNNING']);
  });

  it.each(['claim', 'exit'] as const)('is the only one of which nothing is said for its torn %s', async (name) => {
    const { accepted, observe, started, sees } = await setup();
    const [bad, good] = [accepted(), await started()];
    writeFileSync(bad.folder[name], '{');
    expect(await sees([bad, good])).toEqual(['UNSPECIFIED', 'RUNNING']);
    expect((await observe([bad]))[0]?.detail).not.toBe('');
  });
});

const homes: string[] = [];
const running: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  await Promise.all(running.map((stop) => stop()));
  homes.forEach((home) => rmSync(home, { recursive: true, force: true }));
});

interface Known {
  jobId: string;
  folder: JobFolder;
}

/** An engine on which jobs are started, or only accepted as by one that went away then. */
async function setup() {
  const home = mkdtempSync(join(tmpdir(), 'kontor-torn-'));
  homes.push(home);
  chmodSync(home, 0o711);
  const engine = inProcess(EngineService, new LocalEngine({ home }));
  const {
    nodes: [node],
  } = await engine.getCapacity({});
  const known = (jobId: string): Known => ({ jobId, folder: jobFolder(join(home, 'jobs', jobId)) });
  const observe = async (jobs: Known[]): Promise<Observation[]> => {
    const { observations } = await engine.observe({ jobIds: jobs.map(({ jobId }) => jobId) });
    return observations;
  };
  const sees = async (jobs: Known[]): Promise<string[]> => (await observe(jobs)).map(({ state }) => State[state]);
  const started = async (): Promise<Known> => {
    const job = known(randomUUID());
    await engine.submit({
      jobId: job.jobId,
      node: node!.name,
      devices: [0],
      coverMs: 30_000n,
      workload: {
        command: ['sleep', '60'],
        acceleratorClass: node!.acceleratorClass,
        devices: 1,
        memoryBytes: 2n ** 27n,
        diskBytes: 2n ** 20n,
        processes: 20,
        logBytes: 1024n,
        timeLimitMs: 60_000n,
      },
    });
    running.push(() => engine.stop({ jobId: job.jobId }));
    await eventually('it runs', async () => (await sees([job])).join() === 'RUNNING', { withinMs: 15_000 });
    return job;
  };
  const accepted = (): Known => {
    const jobId = randomUUID();
    const limits = { memoryBytes: 1, diskBytes: 1, processes: 1, logBytes: 1, timeMs: 1, graceMs: 1 };
    new Jobs(join(home, 'jobs'), process.execPath).accept(
      {
        jobId,
        limits,
        isolation: 'namespaces',
        contentSha256: '',
        command: ['true'],
        environment: {},
        deviceNodes: [],
        inputs: [],
        outputs: [],
        nodeBinary: process.execPath,
        hidden: home,
      },
      1_000,
    );
    return known(jobId);
  };
  return { engine, observe, sees, started, accepted };
}
