import { describe, expect, it } from '@jest/globals';
import { StartFault, tell } from './start-fault.ts';

describe('what keeps Kontor from starting', () => {
  it('is told with what helps, and is no matter for the log', () => {
    const log = setup();
    expect(tell(new StartFault('The disk is full.', 'Free some space.'), log)).toBe(
      'The disk is full. Free some space.',
    );
    expect(log.noted).toEqual([]);
  });

  it('is in the log whole, with where it happened and why, when nobody expected it', () => {
    const log = setup();
    const error = new TypeError('x is not a function', { cause: new Error('no such file') });
    expect(tell(error, log)).toBe('x is not a function. The whole story is in /home/logs/start.log.');
    expect(log.noted.join()).toMatch(/TypeError: x is not a function\n {4}at .*start-fault\.spec\.ts.*no such file/s);
  });

  it.each(['a text', undefined, null, { odd: 1 }])('may be %p, which is no error', (thrown) => {
    const log = setup();
    expect(tell(thrown, log)).toContain('The whole story is in /home/logs/start.log.');
    expect(log.noted).toHaveLength(1);
  });
});

function setup() {
  const noted: string[] = [];
  return { file: '/home/logs/start.log', noted, note: (text: string) => void noted.push(text) };
}
