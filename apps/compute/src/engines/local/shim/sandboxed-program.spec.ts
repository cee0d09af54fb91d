import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  chownSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@kontor/testing/eventually';
import { HIDDEN_MEMORY } from '../../conformance/hidden-memory.ts';
import { jobFolder, type JobSpec } from '../job-folder.ts';
import type { ControlGroup } from './control-group.ts';
import { NotStarted, type Program } from './program.ts';
import { startSandboxed } from './sandboxed-program.ts';

const isRoot = process.getuid?.() === 0;

describe('a program in a sandbox', () => {
  it('sees the device nodes it was given and no others', async () => {
    const other = readdirSync('/dev').find((name) => /^(kmsg|console|tty)$/.test(name));
    expect(await printed('ls /dev', { deviceNodes: ['/dev/tty'] })).toMatch(/\btty\b/);
    expect(other).toBeDefined();
    expect(await printed('ls /dev')).toBe('fd\nfull\nnull\nrandom\nshm\nstderr\nstdin\nstdout\nurandom\nzero\n');
  });

  it("sees nothing in Kontor's folder, also where that is below one that it may see", async () => {
    expect(readdirSync('/usr/share').length).toBeGreaterThan(0);
    expect(await printed('ls -A /usr/share; ls /usr | grep -c share', { hidden: '/usr/share' })).toBe('1\n');
  });

  it('has scratch space of the size of its disk, and shared memory of half its memory', async () => {
    const text = await printed('df -k --output=size /tmp /dev/shm | tail -n 2');
    expect(text.trim().split(/\s+/).map(Number)).toEqual([1024, 32 * 1024]);
  });

  it('is the first to go when the machine is short of memory', async () => {
    expect(await printed('cat /proc/self/oom_score_adj')).toBe('1000\n');
  });

  it('runs as nobody that the machine knows', async () => {
    expect(await printed("id -un; id -G | wc -w; awk '{ print $3 }' /proc/self/uid_map")).toMatch(
      isRoot ? /^job\n1\n4294967295\n$/ : /^job\n\d+\n1\n$/,
    );
  });

  it.each(HIDDEN_MEMORY)('uses what it keeps in %s, also where the kernel does not count it', async (_, script) => {
    const { limits } = specOf('');
    const program = await started(script, { limits: { ...limits, diskBytes: 2 ** 29 } });
    await eventually('it is counted', () => program.usage(2 ** 26).memoryBytes > 200 * 2 ** 20, { withinMs: 10_000 });
    expect(program.usage(2 ** 26).memoryBytes).toBeLessThan(300 * 2 ** 20);
    await program.destroy();
  });

  it('uses nothing any more when it is gone', async () => {
    const program = await started('sleep 30');
    await program.destroy();
    expect(program.deletedBytes()).toBe(0);
    expect(program.usage(2 ** 26)).toMatchObject({ memoryBytes: 0, processes: 0 });
  });

  it('does not start where its sandbox cannot be built, and leaves nothing of it', async () => {
    await expect(printed('true', { nodeBinary: '/nonexistent/node' })).rejects.toThrow(
      /could not be built: .*nonexistent/,
    );
  });

  it.each([
    ['its sandbox cannot be built', { nodeBinary: '/nonexistent/node' }],
    ['there is no such program', { command: ['/nonexistent'] }],
  ])('leaves no control group where %s, and says why it did not start', async (_, over: Partial<JobSpec>) => {
    let removed = 0;
    const group = { folders: [], joins: [], limitsCores: false, cpuMs: () => 0, outOfMemory: () => false };
    const starting = printed('true', over, { ...group, remove: () => removed++ });
    await expect(starting).rejects.toThrow(NotStarted);
    expect(removed).toBe(1);
  });
});

/** What a script prints in a sandbox of its own; nothing of the sandbox is left then. */
async function printed(script: string, over: Partial<JobSpec> = {}, group?: ControlGroup): Promise<string> {
  const { folder, spec, output, close } = surroundings(script, over);
  try {
    const program = await startSandboxed(folder, spec, output, group);
    await program.ended;
    expect(await program.destroy()).toBe(0);
    return readFileSync(folder.stdout, 'utf8');
  } finally {
    close();
    expect(readdirSync(folder.root)).toEqual([]);
    expect(existsSync(folder.work)).toBe(true);
    rmSync(folder.path, { recursive: true });
  }
}

const running: Program[] = [];
afterAll(() => Promise.all(running.map((program) => program.destroy())));

async function started(script: string, over: Partial<JobSpec> = {}): Promise<Program> {
  const { folder, spec, output, close } = surroundings(script, over);
  try {
    const program = await startSandboxed(folder, spec, output);
    running.push(program);
    return program;
  } finally {
    close();
  }
}

function surroundings(script: string, over: Partial<JobSpec> = {}) {
  const folder = jobFolder(mkdtempSync(join(tmpdir(), 'kontor-sandbox-')));
  mkdirSync(folder.root);
  mkdirSync(folder.work);
  const spec = { ...specOf(script), ...over };
  if (spec.userId !== undefined) chownSync(folder.work, spec.userId, spec.userId);
  const file = openSync(folder.stdout, 'w');
  return { folder, spec, output: { stdout: file, stderr: file }, close: () => closeSync(file) };
}

const specOf = (script: string): JobSpec => ({
  jobId: 'x',
  contentSha256: '',
  isolation: 'namespaces',
  command: ['sh', '-c', script],
  environment: { PATH: '/usr/bin:/bin' },
  ...(isRoot && { userId: 0x7000_0001 }),
  deviceNodes: [],
  limits: {
    memoryBytes: 64 * 1024 ** 2,
    diskBytes: 1024 ** 2,
    processes: 20,
    logBytes: 1024,
    timeMs: 10_000,
    graceMs: 0,
  },
  inputs: [],
  outputs: [],
  nodeBinary: process.execPath,
  hidden: '/nonexistent',
});
