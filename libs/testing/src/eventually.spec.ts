import { describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  it('answers what the probe answers once it does', async () => {
    let tries = 0;
    expect(await eventually('the third try', () => (++tries === 3 ? 'here' : undefined))).toBe('here');
  });

  it('waits while the probe throws', async () => {
    let tries = 0;
    const probe = () => {
      tries += 1;
      if (tries < 3) throw new Error('not yet');
      return 0;
    };
    expect(await eventually('it works', probe)).toBe(0);
  });

  it('says in the end what it waited for and what it saw instead', async () => {
    const probe = () => Promise.reject(new Error('connection refused'));
    await expect(eventually('quota is ready', probe, { withinMs: 50 })).rejects.toThrow(
      'Waited 50 ms until quota is ready; at last it was: connection refused',
    );
  });
});
