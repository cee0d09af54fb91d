import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import {
  Change_State as State,
  type MatterSchema,
  type ProposeChangeRequestSchema,
} from '@kontor/contracts/quota/v1/change';
import { Proposal_State } from '@kontor/contracts/quota/v1/programme';
import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { found, memberOf, programme, proposal, staff } from '../../testing/awards.ts';
import { ask } from '../../testing/in-database.ts';
import {
  CLASS,
  codeOf,
  expectBalanced,
  quotaUnderTest,
  UCR_PER_MS,
  type Acting,
} from '../../testing/quota-under-test.ts';

type Matter = NonNullable<Exclude<MessageInitShape<typeof MatterSchema>, { $typeName: string }>['matter']>;
type Request = Exclude<MessageInitShape<typeof ProposeChangeRequestSchema>, { $typeName: string }>;

describe('a change', () => {
  it('takes effect when a second person agrees, and not before', async () => {
    await using office = await setup();
    const id = await office.propose(rate(7n));
    expect(await office.rates()).toEqual([UCR_PER_MS]);
    office.clock.advance(1_000);
    const change = await office.second.changes.agreeToChange({ id, reason: 'Fair.' });
    expect(change).toMatchObject({ state: State.EFFECTIVE, reason: 'It is time.', decisionReason: 'Fair.' });
    expect(new Set([change.proposedBy, change.decidedBy]).size).toBe(2);
    expect(await office.rates()).toEqual([UCR_PER_MS, 7n]);
  });

  it('is not agreed to by whoever proposed it, who may take it back', async () => {
    await using office = await setup();
    const id = await office.propose(rate(7n));
    expect(await codeOf(office.first.changes.agreeToChange({ id }))).toBe('self_approval');
    const { state } = await office.first.changes.rejectChange({ id, reason: 'A slip.' });
    expect(state).toBe(State.REJECTED);
    expect(await codeOf(office.second.changes.agreeToChange({ id }))).toBe('change_already_decided');
    expect(await office.rates()).toEqual([UCR_PER_MS]);
  });

  it('is decided once, although many decide at the same time', async () => {
    await using office = await setup();
    for (let round = 0; round < 5; round++) {
      const id = await office.propose(programmeMatter(programme({ slug: `p${round}` }, { addUcr: 9n })));
      const people = Array.from({ length: 6 }, () => office.for(staff()));
      const codes = await Promise.all(
        people.map(({ changes }, n) =>
          codeOf(n % 2 === 0 ? changes.agreeToChange({ id }) : changes.rejectChange({ id, reason: 'No.' })),
        ),
      );
      expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
      expect(new Set(codes)).toEqual(new Set(['ok', 'change_already_decided']));
    }
    await expectBalanced(office.gateway);
  });

  it('is the same when it is proposed again, and another content is refused', async () => {
    await using office = await setup();
    const request = { id: uuid7(), reason: 'It is time.', matter: { matter: rate(7n) } };
    const first = await office.first.changes.proposeChange(request);
    expect(await office.first.changes.proposeChange(request)).toEqual(first);
    expect(await codeOf(office.first.changes.proposeChange({ ...request, matter: { matter: rate(8n) } }))).toBe(
      'exists_with_different_matter',
    );
    expect(await codeOf(office.second.changes.proposeChange(request))).toBe('exists_with_different_proposer');
  });

  it('is decided once by whoever asks again after a lost answer, and otherwise by nobody', async () => {
    await using office = await setup();
    const { first, second } = office;
    const [agreed, rejected] = [await office.propose(rate(7n)), await office.propose(rate(8n, 'other'))];
    const decisions = [
      { id: agreed, decide: (by: Acting, reason: string) => by.changes.agreeToChange({ id: agreed, reason }) },
      { id: rejected, decide: (by: Acting, reason: string) => by.changes.rejectChange({ id: rejected, reason }) },
    ];
    for (const { id, decide } of decisions) {
      const change = await decide(second, 'Thought about.');
      office.clock.advance(1_000);
      expect(await decide(second, 'Thought about.')).toEqual(change);
      expect(await codeOf(decide(second, 'Thought about again.'))).toBe('change_already_decided');
      expect(await codeOf(decide(office.for(staff()), 'Thought about.'))).toBe('change_already_decided');
      const rows = await ask(office.database.url, 'SELECT FROM journal WHERE subject = $1', [id]);
      expect(rows).toHaveLength(2);
    }
    const after = 'Thought about.';
    expect(await codeOf(second.changes.rejectChange({ id: agreed, reason: after }))).toBe('change_already_decided');
    expect(await codeOf(second.changes.agreeToChange({ id: rejected, reason: after }))).toBe('change_already_decided');
    expect(await codeOf(first.changes.agreeToChange({ id: agreed, reason: after }))).toBe('change_already_decided');
  });

  it('that cannot take effect any more stays open and changes nothing', async () => {
    await using office = await setup();
    const validFrom = timestampFromDate(office.clock.now());
    const id = await office.propose(rate(7n, 'other', validFrom));
    office.clock.advance(1);
    expect(await codeOf(office.second.changes.agreeToChange({ id }))).toBe('valid_from_in_the_past');
    expect((await office.second.changes.getChange({ id })).state).toBe(State.OPEN);
  });

  it('is listed for staff and auditors alone, newest first, by state', async () => {
    await using office = await setup();
    const ids: string[] = [];
    for (const ucr of [1n, 2n, 3n]) {
      ids.unshift(await office.propose(rate(ucr)));
      office.clock.advance(1);
    }
    await office.second.changes.rejectChange({ id: ids[1] ?? '', reason: 'No.' });
    const listed = async (state?: State) =>
      (await office.second.changes.listChanges({ ...(state && { state }) })).changes.map(({ id }) => id);
    expect(await listed()).toEqual(ids);
    expect(await listed(State.OPEN)).toEqual([ids[0], ids[2]]);
    const { changes } = office.for(memberOf(office.project));
    expect(await codeOf(changes.listChanges({}))).toBe('not_allowed');
  });

  it('writes who proposed and who agreed into the journal, one row each', async () => {
    await using office = await setup();
    const id = await office.propose(rate(7n));
    const { proposedBy, decidedBy } = await office.second.changes.agreeToChange({ id });
    const rows = await ask(office.database.url, 'SELECT actor, action FROM journal WHERE subject = $1 ORDER BY seq', [
      id,
    ]);
    expect(rows).toEqual([
      { actor: proposedBy, action: 'change.propose' },
      { actor: decidedBy, action: 'change.agree' },
    ]);
  });
});

describe('what cannot be proposed', () => {
  it.each<[string, (office: Office) => Matter, string]>([
    [
      'a second rate from the same instant',
      ({ clock }) => rate(7n, CLASS, timestampFromDate(new Date(clock.now().getTime() - 1_000))),
      'exists_with_different_ucr_per_device_hour',
    ],
    [
      'a rate of the past',
      ({ clock }) => rate(7n, CLASS, timestampFromDate(new Date(clock.now().getTime() - 1))),
      'valid_from_in_the_past',
    ],
    [
      'a programme larger than what the treasury may hand out',
      () => programmeMatter(programme({ slug: 'huge' }, { addUcr: 10n ** 12n })),
      'treasury_exceeded',
    ],
    ['a programme whose slug is taken', () => programmeMatter(programme()), 'programme_exists'],
    [
      'other terms of a programme that is none',
      () => programmeMatter(programme({ slug: 'none' }, { resourceVersion: 1n })),
      'programme_not_found',
    ],
    [
      'other terms of a programme as it was not',
      () => programmeMatter(programme({}, { resourceVersion: 2n })),
      'stale_version',
    ],
    [
      'a threshold without a limit',
      () => programmeMatter(programme({ slug: 'x', threshold: { windowMs: 3_600_000n } })),
      'programme_terms_unfit',
    ],
    [
      'a threshold that bounds everything but the credits',
      () => programmeMatter(programme({ slug: 'x', threshold: { deviceMs: 1n, slots: 1, windowMs: 3_600_000n } })),
      'programme_terms_unfit',
    ],
    [
      'a programme that ends before it starts',
      () =>
        programmeMatter(
          programme({ slug: 'x', startsAt: { seconds: 2n ** 32n }, endsAt: { seconds: 2n ** 32n - 1n } }),
        ),
      'programme_terms_unfit',
    ],
    [
      'a least award that is more than all a tenant may get',
      () => programmeMatter(programme({ slug: 'x', minUcr: 10_001n })),
      'programme_terms_unfit',
    ],
    [
      'a share of more than all',
      () => programmeMatter(programme({ slug: 'x', subsidyPpm: 1_000_001 })),
      'invalid_request',
    ],
    [
      'an authorisation below what is handed out',
      () => ({ case: 'authorisation', value: { authorisedUcr: 1n, replacesUcr: 10n ** 12n } }),
      'below_handed_out',
    ],
  ])('%s', async (_, matter, code) => {
    await using office = await setup();
    const before = await office.second.changes.listChanges({});
    expect(await codeOf(office.propose(matter(office)))).toBe(code);
    expect(await office.second.changes.listChanges({})).toEqual(before);
    await expectBalanced(office.gateway);
  });

  it('nothing at all', async () => {
    await using office = await setup();
    const empty = office.first.changes.proposeChange({ id: uuid7(), reason: 'x', matter: {} });
    expect(await codeOf(empty)).toBe('empty_change');
  });
});

describe('changing a programme', () => {
  it('gives one of two who read the same version their way', async () => {
    await using office = await setup();
    const ids = [
      await office.propose(programmeMatter(programme({ name: 'One' }, { resourceVersion: 1n, addUcr: 5n }))),
      await office.propose(programmeMatter(programme({ name: 'Two' }, { resourceVersion: 1n, addUcr: 7n }))),
    ];
    const codes = await Promise.all(ids.map((id) => codeOf(office.second.changes.agreeToChange({ id }))));
    expect(codes.sort()).toEqual(['ok', 'stale_version']);
    const { terms, leftUcr } = await office.first.programmes.getProgramme({ slug: 'open' });
    expect(leftUcr).toBe(terms?.name === 'One' ? 100_005n : 100_007n);
  });

  it('gives back to the treasury what its pot has left, and no more', async () => {
    await using office = await setup();
    const back = (ucr: bigint, resourceVersion = 1n) =>
      programmeMatter(programme({}, { resourceVersion, addUcr: -ucr }));
    await office.for(memberOf(office.project)).programmes.submitProposal(proposal(office.project));
    expect(await codeOf(office.propose(back(99_601n)))).toBe('pot_exceeded');
    expect(await codeOf(office.propose(programmeMatter(programme({ slug: 'new' }, { addUcr: -1n }))))).toBe(
      'pot_exceeded',
    );
    const treasury = async () =>
      (await office.gateway.openAccount({ purpose: Purpose.TREASURY, asset: 'CR:demo' })).balance;
    const before = await treasury();
    await office.second.changes.agreeToChange({ id: await office.propose(back(99_600n)) });
    const { leftUcr } = await office.first.programmes.getProgramme({ slug: 'open' });
    expect([leftUcr, await treasury()]).toEqual([0n, before + 99_600n]);
    await expectBalanced(office.gateway);
  });

  it('never hands out more than is authorised, however many take effect at once', async () => {
    await using office = await setup();
    const fills = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        office.propose(programmeMatter(programme({ slug: `p${n}` }, { addUcr: 3n * 10n ** 11n }))),
      ),
    );
    const codes = await Promise.all(fills.map((id) => codeOf(office.second.changes.agreeToChange({ id }))));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(3);
    expect(new Set(codes)).toEqual(new Set(['ok', 'treasury_exceeded']));
    const raise = await office.propose({
      case: 'authorisation',
      value: { authorisedUcr: 10n ** 13n, replacesUcr: 10n ** 12n },
    });
    await office.second.changes.agreeToChange({ id: raise });
    const more = await office.propose(programmeMatter(programme({ slug: 'more' }, { addUcr: 10n ** 12n })));
    expect(await codeOf(office.second.changes.agreeToChange({ id: more }))).toBe('ok');
    await expectBalanced(office.gateway);
  });
});

describe('changing what the treasury may hand out', () => {
  it('replaces what its proposer knew, and never undoes what was said meanwhile', async () => {
    await using office = await setup();
    const to = (authorisedUcr: bigint, replacesUcr?: bigint): Matter => ({
      case: 'authorisation',
      value: { authorisedUcr, ...(replacesUcr !== undefined && { replacesUcr }) },
    });
    const known = 10n ** 12n;
    expect(await codeOf(office.propose(to(5n * known)))).toBe('stale_authorisation');
    const ids = [await office.propose(to(5n * known, known)), await office.propose(to(7n * known, known))];
    const codes = [];
    for (const id of ids) codes.push(await codeOf(office.second.changes.agreeToChange({ id })));
    expect(codes).toEqual(['ok', 'stale_authorisation']);
    expect(await codeOf(office.propose(to(7n * known, 5n * known)))).toBe('ok');
  });
});

describe('awarding what is above the threshold', () => {
  it('takes two persons, neither of them its applicant, nor of its project', async () => {
    await using office = await setup();
    const { project } = office;
    const { award, applicant, request } = await office.pending();
    const asApplicant = office.for({ ...staff(), reference: applicant.reference });
    const asMember = office.for({ ...memberOf(project), roles: [...staff().roles, ...memberOf(project).roles] });
    const named = { project, reason: 'Good science.' };
    expect(await codeOf(office.propose(award, asApplicant, named))).toBe('self_approval');
    expect(await codeOf(office.propose(award, asMember, named))).toBe('self_dealing');
    expect(await codeOf(office.propose(award))).toBe('project_does_not_fit');
    const id = await office.propose(award, office.first, named);
    expect(await codeOf(asApplicant.changes.agreeToChange({ id, project }))).toBe('self_approval');
    expect(await codeOf(asMember.changes.agreeToChange({ id, project }))).toBe('self_dealing');
    expect(await codeOf(office.second.changes.agreeToChange({ id }))).toBe('project_does_not_fit');
    await office.second.changes.agreeToChange({ id, project });

    const { programmes } = office.for(memberOf(project));
    const decided = await programmes.getProposal({ project, id: request.id });
    expect(decided).toMatchObject({ state: Proposal_State.AWARDED, rule: 'staff', reasons: 'Good science.' });
    expect(decided.decidedBy).toHaveLength(2);
    const letter = await programmes.getAwardLetter({ project, id: decided.awardId });
    expect(letter.text).toContain(`Decided by ${decided.decidedBy.join(' and ')}: Good science.`);
    expect(await programmes.getAward({ project, id: decided.awardId })).toMatchObject({ grantedUcr: 4_000n });
    await expectBalanced(office.gateway);
  });

  it('keeps to everything but the threshold, and never to more than was asked', async () => {
    await using office = await setup();
    const { project } = office;
    const [one, other] = [await office.pending(6_000n), await office.pending(6_000n)];
    const named = { project, reason: 'Good science.' };
    expect(
      await codeOf(
        office.propose({ ...one.award, value: { ...one.award.value, grantedUcr: 6_001n } }, office.first, named),
      ),
    ).toBe('more_than_asked');
    const codes: string[] = [];
    const ids: string[] = [];
    for (const { award } of [one, other]) ids.push(await office.propose(award, office.first, named));
    for (const id of ids) codes.push(await codeOf(office.second.changes.agreeToChange({ id, project })));
    expect(codes).toEqual(['ok', 'refused_by_maximum_per_beneficiary']);
  });

  it('is too late once somebody refused it or its applicant took it back', async () => {
    await using office = await setup();
    const { project } = office;
    const { award, applicant, request } = await office.pending();
    const id = await office.propose(award, office.first, { project, reason: 'Good science.' });
    const { programmes } = office.for(applicant);
    const codes = await Promise.all([
      codeOf(office.second.changes.agreeToChange({ id, project })),
      codeOf(programmes.withdrawProposal({ project, id: request.id })),
    ]);
    expect(codes.sort()).toEqual(['ok', 'proposal_already_decided']);
    const { awards } = await programmes.listAwards({ project });
    const { state } = await programmes.getProposal({ project, id: request.id });
    expect(awards).toHaveLength(state === Proposal_State.AWARDED ? 1 : 0);
  });
});

type Office = Awaited<ReturnType<typeof setup>>;

type From = ReturnType<typeof timestampFromDate>;
const rate = (ucrPerDeviceHour: bigint, acceleratorClass = CLASS, validFrom?: From): Matter => ({
  case: 'rate',
  value: { acceleratorClass, ucrPerDeviceHour, ...(validFrom && { validFrom }) },
});

const programmeMatter = (value: ReturnType<typeof programme>): Matter => ({ case: 'programme', value });

/** An operator with two persons of staff, and a programme that awards up to 1,000 µcr by rule. */
async function setup() {
  const quota = await quotaUnderTest({ credits: 1_000n });
  await found(quota, [programme()]);
  quota.clock.advance(1_000);
  const [first, second] = [quota.for(staff()), quota.for(staff())];
  return {
    ...quota,
    first,
    second,
    async propose(matter: Matter, by: Acting = first, rest: Request = {}): Promise<string> {
      const id = uuid7();
      await by.changes.proposeChange({ id, reason: 'It is time.', matter: { matter }, ...rest });
      return id;
    },
    rates: async () => (await quota.gateway.listRates({})).rates.map(({ ucrPerDeviceHour }) => ucrPerDeviceHour),
    /** A proposal above the threshold, and the decision to award it. */
    async pending(grantedUcr = 4_000n) {
      const applicant = memberOf(quota.project);
      const request = proposal(quota.project, { requestedUcr: grantedUcr });
      await quota.for(applicant).programmes.submitProposal(request);
      const value = { project: quota.project, proposalId: request.id, grantedUcr };
      return { applicant, request, award: { case: 'award' as const, value } };
    },
  };
}
