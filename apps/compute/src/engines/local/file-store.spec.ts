import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import { StageFileRequestSchema } from '@kontor/contracts/engine/v1/engine';
import { FileStore } from './file-store.ts';

const DAY_S = 86_400;

describe('a staged file', () => {
  it('is deleted when nobody has asked for it for a day, and kept from when somebody does', async () => {
    const { store, stage } = setup();
    const [left, asked, fresh] = [await stage('a'), await stage('b'), await stage('c')];
    for (const sha256 of [left, asked]) {
      const longAgo = statSync(store.path(sha256)).mtimeMs / 1_000 - 2 * DAY_S;
      utimesSync(store.path(sha256), longAgo, longAgo);
    }
    expect(store.missing([asked])).toEqual([]);
    await store.deleteUnused();
    expect(store.missing([left, asked, fresh])).toEqual([left]);
    expect(await stage('a')).toBe(left);
    expect(store.missing([left])).toEqual([]);
  });
});

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-staged-'));
  folders.push(folder);
  const store = new FileStore(folder);
  const stage = async (text: string): Promise<string> => {
    const sha256 = createHash('sha256').update(text).digest('hex');
    const message = create(StageFileRequestSchema, { sha256, data: Buffer.from(text) });
    await store.stage(
      (async function* () {
        yield message;
      })(),
    );
    return sha256;
  };
  return { store, stage };
}
