import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const DATA = 'x'.repeat(5_000);
const SHA256 = createHash('sha256').update(DATA).digest('hex');

/** Each in a process that may write no file of more than 4,096 bytes: the kernel takes a part of what is written. */
describe('a file that does not get written whole', () => {
  it.each([
    [
      'uploaded',
      './file-store.ts',
      `const store = new FileStore(process.argv[1], 1e6);
       await store.prepare();
       await store.keep('${SHA256}', (async function* () { yield Buffer.from('${DATA}'); })());`,
    ],
    [
      'staged',
      './engines/local/file-store.ts',
      `await new FileStore(process.argv[1]).stage((async function* () {
         yield { sha256: '${SHA256}', data: Buffer.from('${DATA}') };
       })());`,
    ],
  ])('is not kept under its digest: %s', (_, store, script) => {
    const folder = mkdtempSync(join(tmpdir(), 'kontor-stores-'));
    folders.push(folder);
    const program = `
      import { FileStore } from '${import.meta.resolve(store)}';
      process.on('SIGXFSZ', () => undefined);
      ${script}`;
    const node = ['--input-type=module', '--experimental-transform-types', '-e', program, folder];
    const { status, stderr } = spawnSync('prlimit', ['--fsize=4096', process.execPath, ...node], {
      env: { ...process.env, NODE_OPTIONS: '--conditions=@kontor/source --no-warnings' },
      encoding: 'utf8',
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain('EFBIG');
    expect(readdirSync(folder, { recursive: true }).filter((name) => String(name).includes(SHA256))).toEqual([]);
  });
});

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
