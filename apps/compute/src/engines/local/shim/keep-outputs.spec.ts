import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { jobFolder } from '../job-folder.ts';
import { keepOutputs } from './keep-outputs.ts';

const isRoot = process.getuid?.() === 0;

describe('outputs, kept by a user without privileges', () => {
  it.each([
    ['a file that was locked against reading', { result: 'x' }, { result: 0o000 }],
    ['a folder that was locked against writing', { 'dir/result': 'x' }, { dir: 0o555 }],
    ['a folder that was locked whole', { 'dir/in/result': 'x' }, { 'dir/in': 0o000, dir: 0o000 }],
    ['all of them that were locked', { 'dir/result': 'x' }, { 'dir/result': 0o000, dir: 0o000, '.': 0o000 }],
  ])('are kept from %s', async (_, files: Record<string, string>, locks: Record<string, number>) => {
    const kept = await keep(files, locks);
    expect(kept.map(({ path, sizeBytes }) => ({ path, sizeBytes }))).toEqual(
      Object.keys(files).map((path) => ({ path, sizeBytes: 1 })),
    );
  });

  it('that cannot be moved are left, and the others kept', async () => {
    jest.spyOn(console, 'error').mockReturnValue(undefined);
    const files = { first: 'x', 'in/second': 'y', third: 'z' };
    const kept = await keep(files, {}, ({ outputs }) => {
      mkdirSync(outputs);
      writeFileSync(join(outputs, 'in'), 'in the way');
    });
    expect(kept.map(({ path }) => path)).toEqual(['first', 'third']);
  });
});

const homes: string[] = [];
afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })));

/** What is kept of files that a job has left, and all declared, under such locks. */
async function keep(
  files: Record<string, string>,
  locks: Record<string, number>,
  prepare: (folder: ReturnType<typeof jobFolder>) => void = () => undefined,
) {
  const home = mkdtempSync(join(tmpdir(), 'kontor-outputs-'));
  homes.push(home);
  const folder = jobFolder(home);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.work, path)), { recursive: true });
    writeFileSync(join(folder.work, path), text);
  }
  prepare(folder);
  for (const [path, mode] of Object.entries(locks)) chmodSync(join(folder.work, path), mode);
  if (!isRoot) return keepOutputs(folder, Object.keys(files));
  execFileSync('chown', ['-R', '65534:65534', home]);
  process.seteuid!(65534);
  try {
    return await keepOutputs(folder, Object.keys(files));
  } finally {
    process.seteuid!(0);
  }
}
