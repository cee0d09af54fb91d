import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { EngineService } from '@kontor/contracts/engine/v1/engine';
import { inProcess } from '@kontor/kit/in-process';
import { tryIsolation } from './isolation.ts';
import { LocalEngine } from './local-engine.ts';

describe('what an engine finds of its machine', () => {
  it('is looked for again after a look that failed', async () => {
    const home = temporary();
    const engine = inProcess(EngineService, new LocalEngine({ home }));
    rmSync(join(home, 'jobs'), { recursive: true });
    await expect(engine.getCapacity({})).rejects.toThrow();
    mkdirSync(join(home, 'jobs'));
    expect(await engine.getCapacity({})).toMatchObject({ engine: 'local' });
  });

  it('is waited for no longer than a trial may take: a sandbox that hangs is none', async () => {
    const folder = temporary();
    const nodeBinary = join(folder, 'node');
    writeFileSync(nodeBinary, '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    const isolation = await tryIsolation({ folder, nodeBinary, sandbox: true, withinMs: 500 });
    expect(isolation).toMatchObject({ kind: 'none', ownUsers: false });
    expect(isolation.detail).toContain('did not end within 500 ms');
  });
});

const homes: string[] = [];
afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true, force: true })));

function temporary(): string {
  const home = mkdtempSync(join(tmpdir(), 'kontor-isolation-'));
  chmodSync(home, 0o755);
  homes.push(home);
  return home;
}
