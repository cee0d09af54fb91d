import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '@kontor/testing/child';

const PROGRAM = fileURLToPath(new URL('setup-engines.mjs', import.meta.url));

describe('npm run setup:engines', () => {
  it('leaves alone what is there', async () => {
    using path = setup('pgbench');
    await using run = startChild(process.execPath, [PROGRAM], { PATH: path.folder, NODE_OPTIONS: '' });
    expect(await run.exited).toBe(0);
    expect(run.output()).toBe('✓ pgbench is there (the benchmark of the ledger)\n');
  });

  it('says what is missing and what for where it cannot install it', async () => {
    using path = setup();
    await using run = startChild(process.execPath, [PROGRAM], { PATH: path.folder, NODE_OPTIONS: '' });
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain('pgbench (the benchmark of the ledger) is missing. Install it with');
  });
});

/** A folder of programs that holds only these. */
function setup(...programs: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-path-'));
  for (const program of programs) writeFileSync(join(folder, program), '');
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
