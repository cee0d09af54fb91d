import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { jobFolder, type JobSpec } from '../job-folder.ts';
import { LogCapture } from './log-capture.ts';
import type { Program, ProgramEnd } from './program.ts';
import { Supervision } from './supervise.ts';

describe('the supervision of a program', () => {
  it('looks at nothing of it any more when it says how it ended', async () => {
    const { supervision, program, looks } = setup({ files: 3_000 });
    const supervised = supervision.untilEnd();
    program.end();
    expect(await supervised).toMatchObject({ end: 'EXITED', program: { exitCode: 0 } });
    const before = looks();
    await sleep(300);
    expect(looks()).toBe(before);
  });

  it('survives that what its folder holds cannot be measured', async () => {
    const { supervision, program } = setup({ deletedBytes: () => fail('/proc is gone') });
    const complained = jest.spyOn(console, 'error').mockReturnValue(undefined);
    const supervised = supervision.untilEnd();
    await sleep(300);
    program.end();
    expect(await supervised).toMatchObject({ end: 'EXITED', usage: { diskBytes: 0 } });
    expect(complained).toHaveBeenCalledWith(expect.any(String), expect.objectContaining({ message: '/proc is gone' }));
  });
});

describe('a disk that is full', () => {
  it('loses no job: what cannot be written of its log and its heartbeat is dropped, and its end is told', async () => {
    const { supervision, program, folder, print, logs } = setup({ fullDisk: true });
    mkdirSync(folder.heartbeat);
    jest.spyOn(console, 'error').mockReturnValue(undefined);
    print('said');
    const supervised = supervision.untilEnd();
    await sleep(300);
    program.end();
    expect(await supervised).toMatchObject({ end: 'EXITED', usage: { logBytes: 4 } });
    await logs.drained;
    expect(logs.printedBytes).toBe(4);
  });
});

const homes: string[] = [];
afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })));

/** A supervision over a folder with some files, of a program that does nothing until it is told to end. */
function setup({ files = 0, deletedBytes = () => 0, fullDisk = false }) {
  const home = mkdtempSync(join(tmpdir(), 'kontor-supervise-'));
  homes.push(home);
  const folder = jobFolder(home);
  mkdirSync(folder.work);
  writeFileSync(folder.cover, '60000');
  for (let n = 0; n < files; n++) writeFileSync(join(folder.work, String(n)), '');

  let looked = 0;
  const ended = Promise.withResolvers<ProgramEnd>();
  const program: Program & { end(): void } = {
    ended: ended.promise,
    end: () => ended.resolve({ exitCode: 0, signal: null }),
    controlGroups: [],
    traces: () => ({ supervised: [], helpers: [] }),
    usage: () => ({ memoryBytes: 0, cpuMs: 0, processes: 1, outOfMemory: false }),
    deletedBytes: () => (looked++, deletedBytes()),
    tend: () => undefined,
    signal: () => undefined,
    pause: () => undefined,
    resume: () => undefined,
    destroy: async () => 0,
  };
  if (fullDisk) symlinkSync('/dev/full', folder.stdout);
  const logs = new LogCapture(folder, 1024);
  const printer = openSync(`/proc/self/fd/${logs.output.stdout}`, 'w');
  logs.started();
  const print = (text: string): void => {
    writeSync(printer, text);
    closeSync(printer);
  };
  const supervision = new Supervision(folder, SPEC, program, logs);
  return { supervision, program, folder, logs, print, looks: () => looked };
}

const SPEC: JobSpec = {
  jobId: 'x',
  contentSha256: '',
  isolation: 'none',
  command: ['true'],
  environment: {},
  deviceNodes: [],
  limits: { memoryBytes: 2 ** 27, diskBytes: 2 ** 30, processes: 4, logBytes: 1024, timeMs: 60_000, graceMs: 0 },
  inputs: [],
  outputs: [],
  nodeBinary: process.execPath,
  hidden: '/nonexistent',
};

function fail(why: string): never {
  throw new Error(why);
}
