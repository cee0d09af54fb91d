import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseConfig, serviceEnvironment } from './config.ts';
import { uuid5, uuid7 } from './id.ts';

const GOOD = { KONTOR_LISTEN: '127.0.0.1:7810', KONTOR_TLS: '/etc/kontor/tls' };

describe('configuration', () => {
  it('is parsed once, with defaults', () => {
    expect(parseConfig(serviceEnvironment, GOOD)).toEqual({ ...GOOD, KONTOR_LOG: 'info' });
  });

  it.each([
    ['nothing set', {}, 'KONTOR_LISTEN is not set. KONTOR_TLS is not set.'],
    ['an address without a port', { ...GOOD, KONTOR_LISTEN: 'localhost' }, 'KONTOR_LISTEN must be host:port'],
    ['a log level nobody knows', { ...GOOD, KONTOR_LOG: 'loud' }, 'KONTOR_LOG'],
  ])('with %s is refused, one sentence per fault', (_, environment, sentence) => {
    expect(() => parseConfig(serviceEnvironment, environment)).toThrow(sentence);
  });

  it('that is wrong is never shown back: it may hold a secret', () => {
    expect(() => parseConfig(serviceEnvironment, { ...GOOD, KONTOR_LISTEN: 'hunter2' })).not.toThrow(/hunter2/);
  });
});

describe('ids', () => {
  it('that are derived depend on every name, and on where one ends', () => {
    expect(uuid5('a', 1n)).toBe(uuid5('a', '1'));
    expect(uuid5('a', 'b')).not.toBe(uuid5('ab'));
    expect(uuid5('a')[14]).toBe('5');
  });

  it('that are made sort by time', () => {
    const ids = Array.from({ length: 100 }, uuid7);
    expect(ids.toSorted()).toEqual(ids);
  });
});

describe('a failpoint', () => {
  it('kills the process that passes the label in the file, once', () => {
    const { run, isArmed } = setup('here');
    expect(run()).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    expect(isArmed()).toBe(false);
    expect(run()).toMatchObject({ status: 0, stdout: 'passed\n' });
  });

  it('does nothing for another label, and where no file is named', () => {
    const { run, isArmed } = setup('elsewhere');
    expect(run()).toMatchObject({ status: 0, stdout: 'passed\n' });
    expect(run({ KONTOR_CRASH_FILE: undefined })).toMatchObject({ status: 0, stdout: 'passed\n' });
    expect(isArmed()).toBe(true);
  });

  function setup(label: string) {
    const file = join(mkdtempSync(join(tmpdir(), 'failpoint-')), 'armed');
    writeFileSync(file, label);
    const source = new URL('failpoint.ts', import.meta.url).href;
    const program = `const { failpoint } = await import('${source}');
      failpoint('here'); console.log('passed');`;
    const run = (changed: NodeJS.ProcessEnv = {}) =>
      spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        env: { ...process.env, NODE_OPTIONS: '', KONTOR_CRASH_FILE: file, ...changed },
        encoding: 'utf8',
      });
    return { run, isArmed: () => existsSync(file) };
  }
});
