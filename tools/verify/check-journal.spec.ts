import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { JournalHeadSchema, VerifyJournalResponseSchema } from '@kontor/contracts/journal/v1/journal';
import { FakeClock } from '@kontor/testing/fake-clock';
import { checkJournal } from './check-journal.ts';

const HASH = 'a'.repeat(64);

describe('a journal that is verified', () => {
  it('holds while the newest records wait for their seal', async () => {
    const { clock, check, since } = setup({ waiting: 2n });
    expect(await check()).toEqual({
      isGood: true,
      line: `journal complete: mutations=3 records=3, chain verified to 3:${HASH}, 2 newer not sealed yet`,
    });
    clock.advance(60_000);
    expect(await check()).toMatchObject({ isGood: true });
    expect(since.getTime()).toBe(clock.now().getTime() - 60_000);
  });

  it('does not hold where records wait longer than a minute, which no chain has', async () => {
    const { clock, check } = setup({ waiting: 2n });
    clock.advance(60_001);
    expect(await check()).toEqual({
      isGood: false,
      line:
        'journal complete: mutations=3 records=3, ' +
        `chain NOT SEALED: after 3:${HASH} 2 records wait, the oldest since 2030-01-01T00:00:00.000Z`,
    });
  });

  it('says what does not fit before it says what waits', async () => {
    const { clock, check } = setup({ waiting: 2n, faults: [{ detail: 'The record 2 was sealed and is gone.' }] });
    clock.advance(60_001);
    expect(await check()).toMatchObject({
      isGood: false,
      line: expect.stringContaining('chain BROKEN: The record 2 was sealed and is gone.'),
    });
  });
});

/** A journal of three records that are sealed, and some that wait since the clock stands. */
function setup({
  waiting,
  faults = [],
}: {
  waiting: bigint;
  faults?: NonNullable<Exclude<MessageInitShape<typeof VerifyJournalResponseSchema>['faults'], undefined>>;
}) {
  const clock = new FakeClock();
  const since = clock.now();
  const count = { mutations: 3n, records: 3n, kinds: [{ what: 'things', mutations: 3n, records: 3n }] };
  const journal = {
    verifyJournal: async () => create(VerifyJournalResponseSchema, { checked: 3n, chainSha256: HASH, faults, count }),
    getJournalHead: async () =>
      create(JournalHeadSchema, { position: 3n, waiting, oldestWaitingAt: timestampFromDate(since) }),
  };
  return { clock, since, check: () => checkJournal(journal, [], clock) };
}
