import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ProgrammeTerms_BudgetEnd as BudgetEnd } from '@kontor/contracts/quota/v1/programme';
import { ChargeRecord_Cause as Cause, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { uuid7 } from '@kontor/kit/id';
import {
  changeByTwo,
  DAY_MS,
  found,
  fundByTwo,
  HOUR_MS,
  memberOf,
  programme,
  proposal,
  staff,
  type Terms,
} from '../../testing/awards.ts';
import { ask } from '../../testing/in-database.ts';
import {
  CLASS,
  codeOf,
  expectBalanced,
  quotaUnderTest,
  UCR_PER_MS,
  type Means,
} from '../../testing/quota-under-test.ts';

describe('a job that an award helps to pay', () => {
  it('costs the award its share, rounded down, and the project the rest; the charge record says so', async () => {
    await using office = await setup({ subsidyPpm: 400_000 });
    const job = await office.reserve(101n);
    expect(job).toMatchObject({ state: State.PENDING, awardId: office.awardId, subsidyPpm: 400_000 });
    expect(job.legs.map(({ held }) => held)).toEqual([40n, 61n, 101n, 1n]);
    await office.post(job.id, 101n);
    const charge = await office.gateway.getChargeRecord({ project: office.project, reservationId: job.id });
    const credits = await office.credits();
    expect(charge).toMatchObject({ costUcr: 101n, awardId: office.awardId, subsidyPpm: 400_000 });
    expect(charge.payers).toMatchObject([
      { accountId: office.awardId, amountUcr: 40n },
      { accountId: credits.id, amountUcr: 61n },
    ]);
    expect(await office.award()).toMatchObject({ leftUcr: 360n, heldUcr: 0n });
    await expectBalanced(office.gateway);
  });

  it('costs a project nothing whose award pays the whole, although it has no credits at all', async () => {
    await using office = await quotaUnderTest();
    await found(office, [programme({ subsidyPpm: 1_000_000 })]);
    const project = { tenantId: uuid7(), projectId: uuid7() };
    const limits = [{ acceleratorClass: CLASS, deviceMs: 100n, slots: 1 }];
    const { programmes } = office.for(memberOf(project));
    const { awardId } = await programmes.submitProposal(proposal(project, { limits }));
    const { id } = await office.compute.reserve({ ...office.terms(uuid7(), 100n), project, awardId });
    await office.compute.post({ project, id, usedDeviceMs: 100n, cause: Cause.USER });
    const charge = await office.gateway.getChargeRecord({ project, reservationId: id });
    expect(charge.payers).toMatchObject([{ accountId: awardId, amountUcr: 100n }]);
    await expectBalanced(office.gateway);
  });

  it('is refused where either payer has too little, which is said, and nothing is set aside', async () => {
    await using office = await setup();
    expect(await codeOf(office.reserve(802n))).toBe('insufficient_award');
    const poor = { tenantId: office.project.tenantId, projectId: uuid7() };
    await fundByTwo(office, poor, { credits: 10n });
    const { programmes } = office.for(memberOf(poor));
    const { awardId } = await programmes.submitProposal(proposal(poor));
    const reserve = office.compute.reserve({ ...office.terms(uuid7(), 22n), project: poor, awardId });
    expect(await codeOf(reserve)).toBe('insufficient_credits');
    expect((await programmes.getAward({ project: poor, id: awardId })).heldUcr).toBe(0n);
    expect(await office.award()).toMatchObject({ heldUcr: 0n });
    expect((await office.credits()).held).toBe(0n);
  });

  it("cannot name another project's award, nor an account that is none, nor change it later", async () => {
    await using office = await setup();
    const { terms, compute, awardId } = office;
    const other = { tenantId: office.project.tenantId, projectId: uuid7() };
    await fundByTwo(office, other);
    expect(await codeOf(compute.reserve({ ...terms(), project: other, awardId }))).toBe('award_not_found');
    expect(await codeOf(compute.reserve({ ...terms(), awardId: uuid7() }))).toBe('award_not_found');
    const { id: credits } = await office.credits();
    expect(await codeOf(compute.reserve({ ...terms(), awardId: credits }))).toBe('award_not_found');
    const job = { ...terms(), awardId };
    await compute.reserve(job);
    expect(await codeOf(compute.reserve({ ...job, awardId: '' }))).toBe('exists_with_different_award_id');
  });

  it("returns to each payer what it set aside, and after the site's fault what it took", async () => {
    await using office = await setup();
    const { project, compute } = office;
    const before = { left: (await office.award()).leftUcr, own: (await office.credits()).available };
    const unused = await office.reserve(55n);
    await compute.void({ project, id: unused.id });
    const failed = await office.reserve(55n);
    await compute.advance({ project, id: failed.id, usedDeviceMs: 33n, coverDeviceMs: 70n, timeoutMs: 60_000n });
    await office.post(failed.id, 70n, Cause.SITE);
    expect({ left: (await office.award()).leftUcr, own: (await office.credits()).available }).toEqual(before);
    await expectBalanced(office.gateway);
  });

  it('keeps its terms while the programme changes', async () => {
    await using office = await setup({ subsidyPpm: 400_000 });
    const [one, other] = [office.for(staff()), office.for(staff())];
    const { terms } = programme({ subsidyPpm: 900_000 });
    const change = {
      id: uuid7(),
      reason: 'More help.',
      matter: {
        matter: {
          case: 'programme' as const,
          value: { ...(terms && { terms }), resourceVersion: 1n },
        },
      },
    };
    await one.changes.proposeChange(change);
    await other.changes.agreeToChange({ id: change.id });
    expect((await office.reserve(10n)).subsidyPpm).toBe(400_000);
    const { awardId } = await office.programmes.submitProposal(proposal(office.project));
    expect((await office.programmes.getAward({ project: office.project, id: awardId })).subsidyPpm).toBe(900_000);
  });
});

describe('the end of an award', () => {
  it('returns to the programme what is left, at its date, and takes no new jobs', async () => {
    await using office = await setup();
    await office.post((await office.reserve(100n)).id, 100n);
    office.clock.advance(Number(DAY_MS));
    expect(await codeOf(office.reserve(1n))).toBe('award_ended');
    await office.sweep();
    expect(await office.award()).toMatchObject({ leftUcr: 0n, returnedUcr: 350n, isClosed: true });
    expect(await office.potUcr()).toBe(100_000n - 50n);
    await expectBalanced(office.gateway);
  });

  it('leaves a running job what is set aside for it, sets no more aside, and returns the rest after it', async () => {
    await using office = await setup();
    const { project, compute } = office;
    const { id } = await office.reserve(100n, 3n * DAY_MS);
    office.clock.advance(Number(DAY_MS));
    await office.sweep();
    expect(await office.award()).toMatchObject({ leftUcr: 0n, heldUcr: 50n, returnedUcr: 350n, isClosed: false });
    const more = { project, id, usedDeviceMs: 60n, coverDeviceMs: 200n, timeoutMs: 3n * DAY_MS };
    expect((await compute.advance(more)).coverDeviceMs).toBe(100n);
    await office.post(id, 80n);
    office.clock.advance(60_000);
    await office.sweep();
    expect(await office.award()).toMatchObject({ heldUcr: 0n, returnedUcr: 360n, isClosed: true });
    expect(await office.potUcr()).toBe(100_000n - 40n);
  });

  it('waits for a job that expired: when its site failed, what it took comes back', async () => {
    await using office = await setup();
    const { id } = await office.reserve(100n, 60_000n);
    await office.compute.advance({
      project: office.project,
      id,
      usedDeviceMs: 100n,
      coverDeviceMs: 100n,
      timeoutMs: 60_000n,
    });
    office.clock.advance(Number(DAY_MS));
    await office.sweep();
    expect(await office.award()).toMatchObject({ returnedUcr: 350n, isClosed: false });
    await office.post(id, 100n, Cause.SITE);
    office.clock.advance(60_000);
    await office.sweep();
    expect(await office.award()).toMatchObject({ returnedUcr: 400n, isClosed: true });
    expect(await office.potUcr()).toBe(100_000n);
  });

  it('takes back the device time that its jobs did not use, and the slots', async () => {
    await using office = await setup({}, { limits: [{ acceleratorClass: CLASS, deviceMs: 500n, slots: 3 }] });
    const before = await office.limits();
    await office.post((await office.reserve(100n)).id, 70n);
    office.clock.advance(Number(DAY_MS));
    await office.sweep();
    expect(await office.limits()).toEqual([(before[0] ?? 0n) - 500n, (before[1] ?? 0n) - 3n]);
    await expectBalanced(office.gateway);
  });

  it('takes back what other jobs of the project still hold of it as soon as they let go', async () => {
    const none = { slots: 0n, deviceMs: 0n };
    await using office = await setup({}, { limits: [{ acceleratorClass: CLASS, deviceMs: 500n, slots: 3 }] }, none);
    const terms = { ...office.terms(uuid7(), 200n), timeoutMs: 5n * DAY_MS };
    const jobs = await Promise.all([2, 1].map((slots) => office.compute.reserve({ ...terms, id: uuid7(), slots })));
    office.clock.advance(Number(DAY_MS));
    await office.sweep();
    expect([await office.limits(), await office.award()]).toMatchObject([[400n, 3n], { isClosed: false }]);
    for (const [n, left] of [
      [0, [200n, 1n]],
      [1, [0n, 0n]],
    ] as const) {
      await office.post(jobs[n]?.id ?? '', 0n);
      office.clock.advance(60_000);
      await office.sweep();
      expect([await office.limits(), (await office.award()).isClosed]).toEqual([left, n === 1]);
    }
    await expectBalanced(office.gateway);
  });

  it("comes early where the project's owner says so, once", async () => {
    await using office = await setup();
    const { project, awardId: id } = office;
    const { id: job } = await office.reserve(100n);
    expect(await codeOf(office.programmes.returnAward({ project, id }))).toBe('not_allowed');
    const owner = office.for(memberOf(project, Role.PROJECT_OWNER));
    const returned = await owner.programmes.returnAward({ project, id });
    expect(returned).toMatchObject({ returnedUcr: 350n, isClosed: false });
    expect(await owner.programmes.returnAward({ project, id })).toEqual(returned);
    const another = office.for(memberOf(project, Role.PROJECT_OWNER));
    expect(await codeOf(another.programmes.returnAward({ project, id }))).toBe('award_already_ended');
    expect(await codeOf(office.reserve(1n))).toBe('award_ended');
    await office.post(job, 100n);
    office.clock.advance(60_000);
    await office.sweep();
    expect(await office.award()).toMatchObject({ returnedUcr: 350n, isClosed: true });
    const rows = await ask(
      office.database.url,
      'SELECT action, after FROM journal WHERE subject = $1 AND action LIKE $2 ORDER BY seq',
      [id, 'award.%'],
    );
    expect(rows).toEqual([
      { action: 'award.return', after: { returnedUcr: '350', isClosed: false } },
      { action: 'award.end', after: { returnedUcr: '350', isClosed: true } },
    ]);
  });

  it("makes room for the tenant under the programme's maximum, and none under its threshold", async () => {
    await using office = await setup({ maxUcrPerBeneficiary: 600n });
    const { project, programmes } = office;
    const owner = office.for(memberOf(project, Role.PROJECT_OWNER));
    const ask = async () => (await programmes.submitProposal(proposal(project))).rule;
    expect(await ask()).toBe('maximum_per_beneficiary');
    await owner.programmes.returnAward({ project, id: office.awardId });
    expect(await ask()).toBe('threshold');
  });

  it('is moved by operator staff, while it has not come, as far as a new award would last', async () => {
    await using office = await setup({ maxDurationMs: 2n * DAY_MS });
    const { project, awardId: id, clock } = office;
    const at = (ms: bigint) => timestampFromDate(new Date(clock.now().getTime() + Number(ms)));
    const { programmes } = office.for(staff());
    const request = { project, id, resourceVersion: 1n, endsAt: at(2n * DAY_MS), reason: 'A power cut.' };
    expect(await codeOf(programmes.extendAward({ ...request, endsAt: at(HOUR_MS) }))).toBe('end_does_not_fit');
    expect(await codeOf(programmes.extendAward({ ...request, endsAt: at(3n * DAY_MS) }))).toBe('end_does_not_fit');
    expect(await codeOf(programmes.extendAward({ ...request, resourceVersion: 7n }))).toBe('stale_version');
    const asApplicant = office.for({ ...staff(), reference: office.person.reference });
    expect(await codeOf(asApplicant.programmes.extendAward(request))).toBe('self_approval');
    expect(await programmes.extendAward(request)).toMatchObject({ endsAt: request.endsAt, resourceVersion: 2n });
    expect(await codeOf(programmes.extendAward(request))).toBe('stale_version');
    clock.advance(Number(DAY_MS));
    await office.sweep();
    expect((await office.reserve(1n)).state).toBe(State.PENDING);
    clock.advance(Number(DAY_MS));
    expect(await codeOf(programmes.extendAward({ ...request, resourceVersion: 2n }))).toBe('award_already_ended');
  });
});

describe('an award letter', () => {
  it('has every number of the award, in the same words each time', async () => {
    await using office = await setup({}, { limits: [{ acceleratorClass: CLASS, deviceMs: 500n, slots: 3 }] });
    const { project, awardId: id, programmes } = office;
    const { text, sha256, awardId } = await programmes.getAwardLetter({ project, id });
    const wanted = [
      id,
      'Open to all (open)',
      '400 µcr (CR:demo)',
      '500000 of 1000000',
      '500 device-milliseconds, 3 at the same time',
      '2030-01-01T00:00:00.000Z',
      '2030-01-02T00:00:00.000Z',
      'the rule threshold',
      office.person.reference,
    ];
    expect(wanted.filter((part) => !text.includes(part))).toEqual([]);
    expect([awardId, sha256]).toEqual([id, createHash('sha256').update(text).digest('hex')]);
    await office.reserve(10n);
    expect((await programmes.getAwardLetter({ project, id })).text).toBe(text);
  });

  it('stays as it is, and so do the terms of the award, when its programme changes', async () => {
    await using office = await setup();
    const { project, awardId: id, programmes, budgets } = office;
    const read = async () => [
      await programmes.getAwardLetter({ project, id }),
      await programmes.getAward({ project, id }),
      (await budgets.getBudget({ project })).payers,
    ];
    const before = await read();
    const other = { name: 'Another', budgetEnd: BudgetEnd.CONTINUE_AT_LOW_PRIORITY, warnAtPpm: [1] };
    await changeByTwo(office, { case: 'programme', value: programme(other, { resourceVersion: 1n, addUcr: 0n }) });
    expect((await programmes.getProgramme({ slug: 'open' })).terms?.name).toBe('Another');
    expect(await read()).toEqual(before);
  });

  it('is not shown to strangers', async () => {
    await using office = await setup();
    const stranger = office.for(memberOf({ tenantId: uuid7(), projectId: uuid7() }));
    const letter = stranger.programmes.getAwardLetter({ project: office.project, id: office.awardId });
    expect(await codeOf(letter)).toBe('project_not_found');
  });
});

/** A programme that pays half, and an award of 400 µcr for a day. A device-millisecond costs a µcr. */
async function setup(terms: Terms = {}, changed: object = {}, means: Means = {}) {
  const quota = await quotaUnderTest({ rate: UCR_PER_MS, ...means });
  const { project } = quota;
  await found(quota, [programme(terms)]);
  const person = memberOf(project);
  const { programmes, budgets } = quota.for(person);
  const { awardId } = await programmes.submitProposal(proposal(project, changed));
  return {
    ...quota,
    person,
    programmes,
    budgets,
    awardId,
    award: () => programmes.getAward({ project, id: awardId }),
    potUcr: async () => (await programmes.getProgramme({ slug: 'open' })).leftUcr,
    reserve: (coverDeviceMs: bigint, timeoutMs = 60_000n) =>
      quota.compute.reserve({ ...quota.terms(uuid7(), coverDeviceMs), awardId, timeoutMs }),
    post: (id: string, usedDeviceMs: bigint, cause = Cause.USER) =>
      quota.compute.post({ project, id, usedDeviceMs, cause }),
    /** Device time and slots of the project, used or not. */
    async limits() {
      const { accounts } = await quota.gateway.listAccounts({ project });
      return accounts.filter(({ asset }) => !asset.startsWith('CR')).map(({ balance }) => balance);
    },
  };
}
