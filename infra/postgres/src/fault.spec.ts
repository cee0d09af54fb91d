import { describe, expect, it } from '@jest/globals';
import { explain } from './fault.ts';

const printed: Record<string, [text: string, meaning: RegExp]> = {
  'a taken port': ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', /listens on the port/],
  'a full disk': ['FATAL:  could not write to file "pg_wal/xlogtemp.7": No space left on device', /disk .* is full/],
  'a file that could not grow': [
    'FATAL:  could not extend file "base/1/2"\nHINT:  Check free disk space.',
    /disk .* is full/,
  ],
  'a read-only disk': ['FATAL:  could not open file "base/1/2": Read-only file system', /read-only/],
  'files of somebody else': [
    'FATAL:  could not open file "postgresql.conf": Permission denied',
    /may not use its own files/,
  ],
  'data of another version': ['FATAL:  database files are incompatible with server', /another version/],
  'a library that is not there': [
    'postgres: error while loading shared libraries: libssl.so.1.1',
    /does not run on this machine/,
  ],
  'a folder that only root may enter': ['setpriv: setresuid failed: Operation not permitted', /may not enter/],
  'little memory': ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', /not enough memory/],
};

describe('what PostgreSQL printed before it gave up', () => {
  it.each(Object.entries(printed))('about %s becomes one sentence and help', (_, [text, meaning]) => {
    const { message, help } = explain('start', text, '/log');
    expect(message).toMatch(meaning);
    expect(message).toMatch(/^[^.]+\.$/);
    expect(help).toMatch(/\.$/);
  });

  it('is quoted where nothing is known about it, with the place of the rest', () => {
    const fault = explain('start', 'LOG:  starting\nFATAL:  the moon is full\nLOG:  bye', '/var/log/postgres.log');
    expect(fault.message).toBe('PostgreSQL could not start: FATAL:  the moon is full.');
    expect(fault.help).toBe('Everything it said is in /var/log/postgres.log.');
  });
});
