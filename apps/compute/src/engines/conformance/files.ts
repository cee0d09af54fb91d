import { expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { digestOf, pieces, type Bench } from './bench.ts';

export function fileCases(bench: Bench): void {
  it('takes a file in pieces and no longer misses it', async () => {
    const data = randomBytes(1_000_003);
    const sha256 = digestOf(data);
    expect((await bench.engine.listMissingFiles({ sha256: [sha256] })).sha256).toEqual([sha256]);
    expect((await bench.engine.stageFile(pieces(sha256, data))).sizeBytes).toBe(1_000_003n);
    expect((await bench.engine.listMissingFiles({ sha256: [sha256] })).sha256).toEqual([]);
  });

  it('takes the same file again, and an empty one', async () => {
    for (const data of [Buffer.from('twice'), Buffer.from('twice'), Buffer.alloc(0)]) {
      expect((await bench.engine.stageFile(pieces(digestOf(data), data))).sizeBytes).toBe(BigInt(data.length));
    }
  });

  it('refuses a file that has another digest, and keeps nothing of it', async () => {
    const sha256 = digestOf('what was meant');
    await expect(bench.engine.stageFile(pieces(sha256, Buffer.from('what came')))).rejects.toMatchObject({
      code: 'wrong_digest',
    });
    expect((await bench.engine.listMissingFiles({ sha256: [sha256] })).sha256).toEqual([sha256]);
  });

  it('keeps nothing of a file that was broken off, and takes it whole afterwards', async () => {
    const data = randomBytes(300_000);
    const sha256 = digestOf(data);
    async function* broken() {
      for await (const piece of pieces(sha256, data, 100_000)) {
        yield piece;
        if (piece.sha256 === '') throw new Error('the sender is gone');
      }
    }
    await expect(bench.engine.stageFile(broken())).rejects.toThrow();
    expect((await bench.engine.listMissingFiles({ sha256: [sha256] })).sha256).toEqual([sha256]);
    await bench.engine.stageFile(pieces(sha256, data));
    expect((await bench.engine.listMissingFiles({ sha256: [sha256] })).sha256).toEqual([]);
  });
}
