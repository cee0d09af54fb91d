import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kontor/testing/eventually';
import { FakeClock } from '@kontor/testing/fake-clock';
import { SystemClock } from './clock.ts';
import { Remembered } from './remembered.ts';

describe('an answer that is remembered', () => {
  it('is good for its time from the question on, and no longer', async () => {
    const { clock, asked, get } = setup();
    expect(await get('ada')).toBe('ada 1');
    clock.advance(999);
    expect(await get('ada')).toBe('ada 1');
    clock.advance(1);
    expect(await get('ada')).toBe('ada 2');
    expect(asked).toEqual(['ada', 'ada']);
  });

  it("is one question's alone", async () => {
    const { get } = setup();
    expect(await Promise.all([get('ada'), get('bob'), get('ada'), get('Ada')])).toEqual([
      'ada 1',
      'bob 2',
      'ada 1',
      'Ada 3',
    ]);
  });

  it('is forgotten where it was a failure, for everybody who waited for it', async () => {
    const { get, failNext } = setup();
    failNext();
    const both = await Promise.allSettled([get('ada'), get('ada')]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await get('ada')).toBe('ada 2');
  });

  it('is gone once it is over, when anybody asks for anything', async () => {
    const { clock, get, size } = setup();
    await get('ada');
    clock.advance(999);
    await get('bob');
    expect(size()).toBe(2);
    clock.advance(1);
    await get('carl');
    expect(size()).toBe(2);
    clock.advance(1_000);
    await get('carl');
    expect(size()).toBe(1);
  });

  it('is gone once it is over, also when nobody asks any more', async () => {
    const remembered = new Remembered<string>(new SystemClock(), 20, 100);
    await Promise.all(['ada', 'bob'].map((name) => remembered.get(name, async () => name)));
    expect(remembered.size).toBe(2);
    await eventually('both are gone', () => remembered.size === 0);
  });

  it('makes room, the oldest first, so that strangers cannot fill the memory', async () => {
    const { asked, get } = setup(3);
    for (const name of ['a', 'b', 'c', 'a', 'd']) await get(name);
    asked.length = 0;
    for (const name of ['b', 'c', 'd']) await get(name);
    expect(asked).toEqual([]);
    await get('a');
    expect(asked).toEqual(['a']);
  });
});

function setup(most = 100) {
  const clock = new FakeClock();
  const remembered = new Remembered<string>(clock, 1_000, most);
  const asked: string[] = [];
  let total = 0;
  let isFailing = false;
  const ask = async (name: string): Promise<string> => {
    asked.push(name);
    total += 1;
    const fails = isFailing;
    isFailing = false;
    if (fails) throw new Error('It is not there.');
    return `${name} ${total}`;
  };
  const get = (name: string): Promise<string> => remembered.get(name, () => ask(name));
  const size = (): number => remembered.size;
  return { clock, asked, get, size, failNext: () => (isFailing = true) };
}
