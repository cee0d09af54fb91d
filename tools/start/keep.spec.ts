import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kontor/testing/eventually';
import { keep, type Running } from './keep.ts';

describe('a process that is kept alive', () => {
  it('starts again when it ends, and the reader learns how it ended', async () => {
    const { thing, kept, said } = await setup();
    thing.end('SIGKILL');
    await eventually('it serves again', () => said.includes('✓ ledger serves again'));
    expect(said).toEqual(['! ledger ended (SIGKILL); it starts again', '✓ ledger serves again']);
    expect(thing.starts).toBe(2);
    await kept.stop(1_000);
  });

  it('waits longer each time that it ends soon', async () => {
    const { thing, kept } = await setup();
    const began = performance.now();
    for (const starts of [2, 3, 4]) {
      thing.end('exit code 1');
      await eventually('it has started again', () => thing.starts === starts);
    }
    expect(performance.now() - began).toBeGreaterThan(250 + 500 + 1_000 - 50);
    await kept.stop(1_000);
  });

  it('is tried until it starts', async () => {
    const { thing, kept, said } = await setup();
    thing.failures = 2;
    thing.end('exit code 1');
    await eventually('it serves again', () => said.includes('✓ ledger serves again'));
    expect(said.filter((line) => line === '! ledger does not start: no luck')).toHaveLength(2);
    await kept.stop(1_000);
  });

  it('stays down once it is stopped', async () => {
    const { thing, kept, said } = await setup();
    await kept.stop(1_000);
    expect({ starts: thing.starts, stops: thing.stops, said }).toEqual({ starts: 1, stops: 1, said: [] });
  });

  it('stays down when it is stopped while it waits to start again', async () => {
    const { thing, kept, said } = await setup();
    thing.end('exit code 1');
    await eventually('its end is noticed', () => said.length === 1);
    await kept.stop(1_000);
    expect(thing.starts).toBe(1);
  });

  it('ends with everything else, without being started again', async () => {
    const { thing, everything, said } = await setup();
    everything.abort();
    thing.end('SIGTERM');
    await new Promise((later) => setTimeout(later, 400));
    expect({ starts: thing.starts, said }).toEqual({ starts: 1, said: [] });
  });

  it('that does not start the first time is the caller’s to deal with', async () => {
    const start = () => Promise.reject(new Error('no luck'));
    await expect(keep('ledger', start, new AbortController().signal, { say: () => undefined })).rejects.toThrow(
      'no luck',
    );
  });
});

async function setup() {
  const said: string[] = [];
  const everything = new AbortController();
  const thing = { starts: 0, stops: 0, failures: 0, end: (_how: string): void => undefined };
  const start = async (): Promise<Running> => {
    if (thing.failures-- > 0) throw new Error('no luck');
    thing.starts += 1;
    const ended = new Promise<string>((resolve) => (thing.end = resolve));
    return {
      ended,
      stop: async () => {
        thing.stops += 1;
        thing.end('SIGTERM');
      },
    };
  };
  const kept = await keep('ledger', start, everything.signal, { say: (line) => void said.push(line) });
  return { thing, kept, said, everything };
}
