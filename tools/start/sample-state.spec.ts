import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepSample, readSample } from './sample-state.ts';
import { StartFault } from './start-fault.ts';

describe('names of the sample', () => {
  it('are the same at every start, until they are replaced', () => {
    using place = setup();
    const first = readSample(place.home);
    expect(readSample(place.home)).toEqual(first);
    keepSample(place.home, { ...first, done: true });
    expect(readSample(place.home)).toEqual({ ...first, done: true });
  });

  it.each(['', '{"jobId": "0', 'null', '[]', '{}', '"text"', '{"jobId":"a","ids":{"grant":1},"done":false}'])(
    'that are damaged to %p are a fault that helps, and nothing is overwritten',
    (text) => {
      using place = setup();
      writeFileSync(place.file, text);
      expect(() => readSample(place.home)).toThrow(StartFault);
      expect(() => readSample(place.home)).toThrow(`${place.file}, which names the sample job, is damaged.`);
      expect(readFileSync(place.file, 'utf8')).toBe(text);
    },
  );
});

function setup() {
  const home = mkdtempSync(join(tmpdir(), 'kontor-sample-'));
  return { home, file: join(home, 'sample.json'), [Symbol.dispose]: () => rmSync(home, { recursive: true }) };
}
