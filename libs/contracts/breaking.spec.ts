import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const here = import.meta.dirname;

describe('the contracts, beside the released ones', () => {
  it('break nothing as they are', async () => {
    const { complaints } = await compare((quota) => quota);
    expect(complaints).toBe('');
  });

  it('refuse a field of another type', async () => {
    const { code, complaints } = await compare((quota) => quota.replace('int64 held = 6;', 'string held = 6;'));
    expect(code).not.toBe(0);
    expect(complaints).toContain('"held" on message "Account" changed type from "int64" to "string"');
  });

  it('refuse a field, a value or a method that is gone', async () => {
    const { code, complaints } = await compare((quota) =>
      quota
        .replace('int64 held = 6;', '')
        .replace('VOIDED = 3;', '')
        .replace('rpc Void(VoidRequest)', 'rpc Drop(VoidRequest)'),
    );
    expect(code).not.toBe(0);
    expect(complaints).toContain('field "6" with name "held" on message "Account"');
    expect(complaints).toContain('enum value "3" on enum "State"');
    expect(complaints).toContain('RPC "Void" on service "QuotaService"');
  });

  it('accept a new field, a new value and a new method', async () => {
    const { code, complaints } = await compare((quota) =>
      quota
        .replace('int64 held = 6;', 'int64 held = 6;\n  string note = 60;')
        .replace('VOIDED = 3;', 'VOIDED = 3;\n    SOLD = 30;')
        .replace('rpc Void(VoidRequest)', 'rpc Drop(VoidRequest) returns (Reservation);\n  rpc Void(VoidRequest)'),
    );
    expect(complaints).toBe('');
    expect(code).toBe(0);
  });

  /** Compares the contracts, with the ledger's changed, to the released ones, as the lint does. */
  async function compare(change: (quota: string) => string): Promise<{ code: number; complaints: string }> {
    const copy = mkdtempSync(join(tmpdir(), 'kontor-contracts-'));
    try {
      for (const part of ['proto', 'buf.yaml', 'released.binpb']) {
        cpSync(join(here, part), join(copy, part), { recursive: true });
      }
      const quota = join(copy, 'proto/kontor/quota/v1/quota.proto');
      writeFileSync(quota, change(readFileSync(quota, 'utf8')));
      return await new Promise((resolve) => {
        const buf = join(here, '../../node_modules/.bin/buf');
        const args = ['breaking', '--exclude-imports', '--against', 'released.binpb'];
        execFile(buf, args, { cwd: copy }, (error, stdout, stderr) => {
          resolve({ code: error ? 1 : 0, complaints: stdout + stderr });
        });
      });
    } finally {
      rmSync(copy, { recursive: true });
    }
  }
});
