import { describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import { ListRatesResponseSchema } from '@kontor/contracts/quota/v1/quota';
import { everyPage } from './every-page.ts';

describe('a list that is read to its end', () => {
  it.each([0, 1, 500, 501, 1_700])('has each of its %d items once, in order', async (count) => {
    const names = Array.from({ length: count }, (_, n) => `class-${n}`);
    expect(await everyPage(list(names), ({ rates }) => rates.map((rate) => rate.acceleratorClass))).toEqual(names);
  });

  it('is one page where whoever answers knows of no pages', async () => {
    const reply = create(ListRatesResponseSchema, { rates: [{ acceleratorClass: 'a' }] });
    expect(
      await everyPage(
        async () => reply,
        ({ rates }) => rates,
      ),
    ).toHaveLength(1);
  });

  it('is not half a list: it fails where a page does', async () => {
    const ask = list(Array.from({ length: 600 }, () => 'a'));
    const failing = everyPage(
      (page) => (page.pageToken === '' ? ask(page) : Promise.reject(new Error('It is gone.'))),
      ({ rates }) => rates,
    );
    await expect(failing).rejects.toThrow('It is gone.');
  });
});

/** A list whose tokens are numbers. */
const list = (names: string[]) => async (page: { pageSize: number; pageToken: string }) => {
  const from = Number(page.pageToken);
  const to = from + page.pageSize;
  return create(ListRatesResponseSchema, {
    rates: names.slice(from, to).map((acceleratorClass) => ({ acceleratorClass })),
    page: { nextPageToken: to < names.length ? String(to) : '' },
  });
};
