import { describe, expect, it } from '@jest/globals';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { Person } from '@kontor/kit/person';
import { uuid7 } from '@kontor/kit/id';
import { DAY_MS, found, memberOf, programme, proposal, staff } from '../../testing/awards.ts';
import { CLASS, codeOf, quotaUnderTest } from '../../testing/quota-under-test.ts';

describe('somebody who was first seen after a change was proposed, and may be its proposer come again', () => {
  it('does not agree to it, and is told why', async () => {
    await using office = await setup();
    const id = await office.proposeRate();
    const newcomer = office.for(office.newcomer());
    await expect(newcomer.changes.agreeToChange({ id })).rejects.toMatchObject({
      code: 'known_too_late',
      detail: 'You were first seen here after 2030-01-01T00:00:01.000Z, when it was asked for.',
      help: 'Ask a colleague to decide who was known here before.',
    });
    const colleague = office.for({ ...staff(), knownSince: office.clock.now() });
    expect(await codeOf(colleague.changes.agreeToChange({ id }))).toBe('known_too_late');
    expect(await codeOf(office.for(staff()).changes.agreeToChange({ id }))).toBe('ok');
  });

  it('agrees to what is proposed later, from that instant on', async () => {
    await using office = await setup();
    const newcomer = office.newcomer();
    const id = await office.proposeRate();
    expect(await codeOf(office.for(newcomer).changes.agreeToChange({ id }))).toBe('ok');
  });

  it('takes nobody in by keeping to themselves since when they are known', async () => {
    await using office = await setup();
    const id = await office.proposeRate();
    const { knownSince: _, ...unsaid } = staff();
    expect(await codeOf(office.for(unsaid).changes.agreeToChange({ id }))).toBe('known_too_late');
  });

  it('may reject it, as its proposer may', async () => {
    await using office = await setup();
    const id = await office.proposeRate();
    const { changes } = office.for(office.newcomer());
    expect(await codeOf(changes.rejectChange({ id, reason: 'No.' }))).toBe('ok');
  });
});

describe('somebody who was first seen after a proposal was submitted, and may be its applicant come again', () => {
  it('neither awards nor refuses it', async () => {
    await using office = await setup();
    const { project } = office;
    const { id: proposalId } = await office.apply(4_000n);
    const newcomer = office.for(office.newcomer());
    const award = { case: 'award', value: { project, proposalId, grantedUcr: 4_000n } } as const;
    const change = { id: uuid7(), project, reason: 'Good science.', matter: { matter: award } };
    expect(await codeOf(newcomer.changes.proposeChange(change))).toBe('known_too_late');
    await office.for(staff()).changes.proposeChange(change);
    expect(await codeOf(newcomer.changes.agreeToChange({ id: change.id, project }))).toBe('known_too_late');
    const refusal = { project, id: proposalId, reasons: 'Too much.', help: 'Ask for less.' };
    expect(await codeOf(newcomer.programmes.refuseProposal(refusal))).toBe('known_too_late');
    expect(await codeOf(office.for(staff()).programmes.refuseProposal(refusal))).toBe('ok');
  });

  it('does not extend the award', async () => {
    await using office = await setup();
    const { project, clock } = office;
    const { awardId: id } = await office.apply(400n);
    const endsAt = timestampFromDate(new Date(clock.now().getTime() + 2 * Number(DAY_MS)));
    const extension = { project, id, resourceVersion: 1n, endsAt, reason: 'Illness.' };
    const newcomer = office.for(office.newcomer());
    expect(await codeOf(newcomer.programmes.extendAward(extension))).toBe('known_too_late');
    expect(await codeOf(office.for(staff()).programmes.extendAward(extension))).toBe('ok');
  });
});

async function setup() {
  const quota = await quotaUnderTest({ credits: 1_000n });
  await found(quota, [programme()]);
  quota.clock.advance(1_000);
  return {
    ...quota,
    /** One of operator staff who is first seen now, which is later than all that was before. */
    newcomer: (): Person => ({ ...staff(), knownSince: quota.clock.advance(1) }),
    async proposeRate(): Promise<string> {
      const id = uuid7();
      const matter = { case: 'rate', value: { acceleratorClass: CLASS, ucrPerDeviceHour: 7n } } as const;
      await quota.for(staff()).changes.proposeChange({ id, reason: 'It is time.', matter: { matter } });
      return id;
    },
    async apply(requestedUcr: bigint) {
      const request = proposal(quota.project, { requestedUcr });
      const { awardId } = await quota.for(memberOf(quota.project)).programmes.submitProposal(request);
      return { id: request.id, awardId };
    },
  };
}
