import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kontor/testing/eventually';
import { DAY_MS, found, memberOf, programme, proposal } from '../../testing/awards.ts';
import { quotaUnderTest } from '../../testing/quota-under-test.ts';

/** Longer than the time between two looks at what is due. */
const TWO_LOOKS_MS = 2_500;
const QUIET_MS = 6_000;

describe('an award whose end has come', () => {
  it('stays open for a while after a step of the clock, which may be taken back', async () => {
    await using office = await setup();
    await sleep(QUIET_MS);
    office.clock.advance(2 * Number(DAY_MS));
    await sleep(TWO_LOOKS_MS);
    expect(await office.isClosed()).toBe(false);
    await eventually('it has ended', () => office.isClosed(), { withinMs: 20_000 });
  });

  it('stays open for a while after a start', async () => {
    await using office = await setup();
    await office.stop();
    office.clock.advance(2 * Number(DAY_MS));
    await using again = await office.replica();
    await sleep(TWO_LOOKS_MS);
    expect(await office.isClosed(again)).toBe(false);
  });
});

async function setup() {
  const quota = await quotaUnderTest({ quietMs: QUIET_MS });
  await found(quota, [programme()]);
  const { project } = quota;
  const applicant = memberOf(project);
  const { awardId: id } = await quota.for(applicant).programmes.submitProposal(proposal(project));
  return {
    ...quota,
    isClosed: async (by: Pick<typeof quota, 'for'> = quota) =>
      (await by.for(applicant).programmes.getAward({ project, id })).isClosed,
  };
}
