import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { passes, whileKilling, type Outcome } from './suite.ts';

describe('a fault suite', () => {
  it('says what it counted in one line', async () => {
    const { said, pass } = await outcomeOf(async () => ({ counts: { jobs: 100, sum: 0n }, pass: true }));
    expect({ said, pass }).toEqual({
      said: [
        'spine begins; the same again: npm run chaos -- spine --seed=7 --nightly',
        'spine jobs=100 sum=0 seed=7 PASS',
      ],
      pass: true,
    });
  });

  it('that fails says how to replay it', async () => {
    const { said, pass } = await outcomeOf(async () => ({ counts: { jobs: 99 }, pass: false }));
    expect(pass).toBe(false);
    expect(said.slice(1)).toEqual(['spine jobs=99 seed=7 FAIL', 'Replay: npm run chaos -- spine --seed=7 --nightly']);
  });

  it('that breaks off has failed, and says why and with which seed', async () => {
    const { said, pass } = await outcomeOf(() => Promise.reject(new Error('nobody answers')));
    expect(pass).toBe(false);
    expect(said.join('\n')).toMatch(/Error: nobody answers\n[^]*\nspine seed=7 FAIL\nReplay: /);
  });

  async function outcomeOf(run: () => Promise<Outcome>) {
    const said: string[] = [];
    const pass = await passes('spine', run, { seed: 7, nightly: true }, (line) => said.push(line));
    return { said, pass };
  }
});

describe('killing along with work', () => {
  it('knows when the work is done', async () => {
    const kills = await whileKilling(
      () => sleep(50),
      async (_, isWorking) => {
        let turns = 0;
        for (; isWorking(); turns++) await sleep(5);
        return turns;
      },
    );
    expect(kills).toBeGreaterThan(0);
  });

  it.each(['work', 'killing'])('fails when the %s does, once both have ended', async (what) => {
    let ended = 0;
    const part = (name: string) => async (failed: AbortSignal) => {
      if (name === what) throw new Error(`the ${name} broke off`);
      await sleep(60_000, undefined, { signal: failed }).catch(() => sleep(30));
      ended++;
    };
    await expect(whileKilling(part('work'), part('killing'))).rejects.toThrow(`the ${what} broke off`);
    expect(ended).toBe(1);
  });
});
