import { describe, expect, it } from '@jest/globals';
import { Proposal_State as State } from '@kontor/contracts/quota/v1/programme';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { uuid7 } from '@kontor/kit/id';
import { problemOf } from '@kontor/kit/problem';
import { DAY_MS, found, HOUR_MS, memberOf, programme, proposal, staff, type Terms } from '../../testing/awards.ts';
import { ask } from '../../testing/in-database.ts';
import { CLASS, codeOf, expectBalanced, quotaUnderTest, type Project } from '../../testing/quota-under-test.ts';

describe('a proposal under the threshold', () => {
  it('is awarded at once: an account of the project, filled from the pot, with a share and an end', async () => {
    await using office = await setup();
    const { project, programmes } = office;
    const { state, rule, awardId, applicant, decidedBy } = await programmes.submitProposal(proposal(project));
    expect({ state, rule, applicant, decidedBy }).toEqual({
      state: State.AWARDED,
      rule: 'threshold',
      applicant: office.person.reference,
      decidedBy: [],
    });
    const award = await programmes.getAward({ project, id: awardId });
    expect(award).toMatchObject({ grantedUcr: 400n, leftUcr: 400n, subsidyPpm: 500_000, programme: 'open' });
    expect(award.endsAt?.seconds).toBe((award.grantedAt?.seconds ?? 0n) + DAY_MS / 1_000n);
    expect((await programmes.getProgramme({ slug: 'open' })).leftUcr).toBe(99_600n);
    const { accounts } = await office.gateway.listAccounts({ project });
    expect(accounts).toContainEqual(expect.objectContaining({ id: awardId, balance: 400n, subsidyPpm: 500_000 }));
    await expectBalanced(office.gateway);
  });

  it('brings the device time and slots that it asked for', async () => {
    await using office = await setup();
    const project = { tenantId: uuid7(), projectId: uuid7() };
    const limits = [{ acceleratorClass: CLASS, deviceMs: 1_000n, slots: 2 }];
    await office.for(memberOf(project)).programmes.submitProposal(proposal(project, { limits }));
    const { accounts } = await office.gateway.listAccounts({ project });
    expect(accounts.map(({ asset, balance }) => [asset, balance])).toEqual([
      ['CR:demo', 400n],
      [`DEVICE_MS:${CLASS}`, 1_000n],
      [`SLOTS:${CLASS}`, 2n],
    ]);
    await expectBalanced(office.gateway);
  });

  it('is the same proposal when it is sent again, and another content is refused', async () => {
    await using office = await setup();
    const { project, programmes } = office;
    const request = proposal(project, { attributes: { kind: 'university' } });
    const first = await programmes.submitProposal(request);
    expect(await programmes.submitProposal(request)).toEqual(first);
    expect(await codeOf(programmes.submitProposal({ ...request, requestedUcr: 401n }))).toBe(
      'exists_with_different_content',
    );
    const colleague = office.for(memberOf(project));
    expect(await codeOf(colleague.programmes.submitProposal(request))).toBe('exists_with_different_applicant');
    expect((await programmes.listAwards({ project })).awards).toHaveLength(1);
  });
});

describe('awards that one project has open', () => {
  it('are no more than its programme lets it have, however small each is', async () => {
    await using office = await setup({ maxOpenAwards: 3 });
    const { project, programmes } = office;
    const asked = Array.from({ length: 5 }, () => programmes.submitProposal(proposal(project, { requestedUcr: 1n })));
    const answers = await Promise.all(asked);
    expect(answers.map(({ rule }) => rule).sort()).toEqual([
      'maximum_open_awards',
      'maximum_open_awards',
      'threshold',
      'threshold',
      'threshold',
    ]);
    const owner = office.for(memberOf(project, Role.PROJECT_OWNER));
    const { awardId: id = '' } = answers.find(({ awardId }) => awardId !== '') ?? {};
    await owner.programmes.returnAward({ project, id });
    expect((await programmes.submitProposal(proposal(project, { requestedUcr: 1n }))).rule).toBe('threshold');
    const beside = { tenantId: project.tenantId, projectId: uuid7() };
    const { state } = await office.for(memberOf(beside)).programmes.submitProposal(proposal(beside));
    expect(state).toBe(State.AWARDED);
  });
});

describe('the threshold', () => {
  it('counts what a tenant got within the window, whoever of its people asks', async () => {
    await using office = await setup();
    const { project } = office;
    const sibling = { tenantId: project.tenantId, projectId: uuid7() };
    expect([await office.ask(project), await office.ask(sibling)]).toEqual(['AWARDED threshold', 'AWARDED threshold']);
    expect(await office.ask(project, 201n)).toBe('PENDING threshold');
    expect(await office.ask(project, 200n)).toBe('AWARDED threshold');
  });

  it('counts what a person got within the window, for whatever tenant', async () => {
    await using office = await setup();
    const { person } = office;
    const elsewhere = () => {
      const project = { tenantId: uuid7(), projectId: uuid7() };
      return office.ask(project, 400n, {}, { ...memberOf(project), id: person.id, reference: person.reference });
    };
    expect([await elsewhere(), await elsewhere(), await elsewhere()]).toEqual([
      'AWARDED threshold',
      'AWARDED threshold',
      'PENDING threshold',
    ]);
  });

  it('forgets what was awarded before the window, and not what the clock says is still to come', async () => {
    await using office = await setup();
    const { project, clock } = office;
    expect(await office.ask(project, 1_000n)).toBe('AWARDED threshold');
    clock.advance(-3 * Number(DAY_MS));
    expect(await office.ask(project, 1n)).toBe('PENDING threshold');
    clock.advance(10 * Number(DAY_MS));
    expect(await office.ask(project, 1_000n)).toBe('AWARDED threshold');
  });

  it('counts device time and slots too, of all classes together', async () => {
    await using office = await setup({ threshold: { ucr: 1_000n, deviceMs: 100n, slots: 4, windowMs: DAY_MS } });
    const { project } = office;
    const limits = (deviceMs: bigint, slots: number) => ({
      limits: [
        { acceleratorClass: 'a', deviceMs, slots },
        { acceleratorClass: 'b', deviceMs, slots },
      ],
    });
    expect(await office.ask(project, 1n, limits(25n, 1))).toBe('AWARDED threshold');
    expect(await office.ask(project, 1n, limits(26n, 1))).toBe('PENDING threshold');
    expect(await office.ask(project, 1n, limits(1n, 2))).toBe('PENDING threshold');
    expect(await office.ask(project, 1n, limits(25n, 1))).toBe('AWARDED threshold');
  });

  it('is not passed by proposals that race, nor is the pot', async () => {
    await using office = await setup({ maxUcrPerBeneficiary: 10n ** 9n });
    await using other = await office.replica();
    const { project } = office;
    const people = [office.for(memberOf(project)), other.for(memberOf(project))];
    const states = await Promise.all(
      Array.from(
        { length: 24 },
        async (_, n) =>
          State[
            (await people[n % 2]?.programmes.submitProposal(proposal(project, { requestedUcr: 100n })))?.state ?? 0
          ],
      ),
    );
    expect([count(states, 'AWARDED'), count(states, 'PENDING')]).toEqual([10, 14]);

    const askers = await Promise.all(
      Array.from({ length: 24 }, async (_, n) => {
        const elsewhere = { tenantId: uuid7(), projectId: uuid7() };
        const { programmes } = (n % 2 === 0 ? office : other).for(memberOf(elsewhere));
        return () => programmes.submitProposal(proposal(elsewhere, { programme: 'small', requestedUcr: 100n }));
      }),
    );
    const answers = await Promise.all(askers.map((ask) => ask()));
    const rules = answers.map(({ state, rule }) => `${State[state]} ${rule}`);
    expect([count(rules, 'AWARDED threshold'), count(rules, 'REFUSED pot')]).toEqual([9, 15]);
    expect((await office.programmes.getProgramme({ slug: 'small' })).leftUcr).toBe(50n);
    await expectBalanced(office.gateway);
  });
});

describe('a proposal that cannot be awarded', () => {
  it.each<[string, Terms, object, string]>([
    ['more than a tenant may get', {}, { requestedUcr: 10_001n }, 'REFUSED maximum_per_beneficiary'],
    ['longer than an award may last', { maxDurationMs: HOUR_MS }, {}, 'REFUSED maximum_duration'],
    ['before the programme starts', { startsAt: { seconds: 4_000_000_000n } }, {}, 'REFUSED programme_open'],
    ['more than the pot has', { maxUcrPerBeneficiary: 10n ** 9n }, { requestedUcr: 100_001n }, 'REFUSED pot'],
    [
      'what its rules exclude',
      {
        eligibility: [{ name: 'academic', attribute: 'kind', oneOf: ['university'], help: 'Apply as a university.' }],
      },
      { attributes: { kind: 'casino' } },
      'REFUSED academic',
    ],
  ])('is refused by rule, which says what would help: %s', async (_, terms, changed, outcome) => {
    await using office = await setup(terms);
    const { project, programmes } = office;
    const { state, rule, reasons, help } = await programmes.submitProposal(proposal(project, changed));
    expect(`${State[state]} ${rule}`).toBe(outcome);
    expect([reasons, help].every((text) => text.length > 10)).toBe(true);
    expect((await programmes.listAwards({ project })).awards).toEqual([]);
  });

  it.each([
    ['an unknown programme', { programme: 'nowhere' }, 'programme_not_found'],
    [
      'a class named twice',
      { limits: [1, 1].map((slots) => ({ acceleratorClass: 'a', deviceMs: 1n, slots })) },
      'class_named_twice',
    ],
    ['nothing', { requestedUcr: 0n }, 'invalid_request'],
    ['more than 64 bits', { requestedUcr: 2n ** 63n - 1n }, 'invalid_request'],
  ])('is not taken at all: %s', async (_, changed, code) => {
    await using office = await setup();
    const { project, programmes } = office;
    expect(await codeOf(programmes.submitProposal(proposal(project, changed)))).toBe(code);
    expect((await programmes.listProposals({ project })).proposals).toEqual([]);
  });

  it("is not taken in the name of others, nor for a project that is not one's own", async () => {
    await using office = await setup();
    const { project } = office;
    const stranger = office.for(memberOf({ tenantId: uuid7(), projectId: uuid7() }));
    expect(await codeOf(stranger.programmes.submitProposal(proposal(project)))).toBe('project_not_found');
    const somebody = office.for(staff());
    expect(await codeOf(somebody.programmes.submitProposal(proposal(project)))).toBe('not_allowed');
  });

  it("is not taken from a program with a project token, which is nobody's name", async () => {
    await using office = await setup();
    const { project, programmes } = office;
    const token = office.for({
      ...memberOf(project, Role.PROJECT_OWNER, Role.PROJECT_TOKEN),
      reference: `token:${uuid7()}`,
    });
    await expect(token.programmes.submitProposal(proposal(project))).rejects.toMatchObject({
      code: 'not_a_person',
      help: 'Sign in yourself.',
    });
    expect((await programmes.listProposals({ project })).proposals).toEqual([]);
    const waiting = proposal(project, { requestedUcr: 5_000n });
    await programmes.submitProposal(waiting);
    expect(await codeOf(token.programmes.withdrawProposal({ project, id: waiting.id }))).toBe('not_a_person');
    const { awardId: id } = await programmes.submitProposal(proposal(project));
    expect(await codeOf(token.programmes.returnAward({ project, id }))).toBe('not_a_person');
    expect((await token.programmes.listAwards({ project })).awards).toHaveLength(1);
  });
});

describe('a proposal that waits for people', () => {
  it('is listed for them, can be refused with reasons, once, and by nobody who belongs to it', async () => {
    await using office = await setup();
    const { project, programmes, person } = office;
    const request = proposal(project, { requestedUcr: 5_000n });
    expect(State[(await programmes.submitProposal(request)).state]).toBe('PENDING');
    const judge = office.for(staff());
    const { proposals } = await judge.programmes.listPendingProposals({});
    expect(proposals.map(({ request }) => request?.id)).toEqual([request.id]);

    const refusal = { project, id: request.id, reasons: 'Not now.', help: 'Next year.' };
    const asApplicant = office.for({ ...staff(), reference: person.reference });
    expect(await codeOf(asApplicant.programmes.refuseProposal(refusal))).toBe('self_approval');
    const asMember = office.for({ ...memberOf(project), roles: [...staff().roles, ...memberOf(project).roles] });
    expect(await codeOf(asMember.programmes.refuseProposal(refusal))).toBe('self_dealing');
    const both = [office.for(staff()), office.for(staff())];
    const codes = await Promise.all(both.map((each) => codeOf(each.programmes.refuseProposal(refusal))));
    expect(codes.toSorted()).toEqual(['ok', 'proposal_already_decided']);
    const { id } = request;
    const refused = await programmes.getProposal({ project, id });
    expect(refused).toMatchObject({ rule: 'staff', reasons: 'Not now.' });

    const who = both[codes.indexOf('ok')]?.programmes ?? programmes;
    expect(await who.refuseProposal(refusal)).toEqual(refused);
    for (const other of [{ reasons: 'Never.' }, { help: '' }]) {
      expect(await codeOf(who.refuseProposal({ ...refusal, ...other }))).toBe('proposal_already_decided');
    }
  });

  it('can be taken back by whoever submitted it, and by nobody else', async () => {
    await using office = await setup();
    const { project, programmes } = office;
    const { id } = proposal(project);
    await programmes.submitProposal(proposal(project, { id, requestedUcr: 5_000n }));
    const colleague = office.for(memberOf(project));
    expect(await codeOf(colleague.programmes.withdrawProposal({ project, id }))).toBe('not_the_applicant');
    const withdrawn = await programmes.withdrawProposal({ project, id });
    expect(withdrawn.state).toBe(State.WITHDRAWN);
    expect(await programmes.withdrawProposal({ project, id })).toEqual(withdrawn);
    expect(await codeOf(colleague.programmes.withdrawProposal({ project, id }))).toBe('not_the_applicant');
    const awarded = proposal(project);
    await programmes.submitProposal(awarded);
    expect(await codeOf(programmes.withdrawProposal({ project, id: awarded.id }))).toBe('proposal_already_decided');
    expect((await office.for(staff()).programmes.listPendingProposals({})).proposals).toEqual([]);
  });

  it('leaves one row in the journal for each step, by reference alone', async () => {
    await using office = await setup();
    const { project, programmes, person } = office;
    const request = proposal(project, { requestedUcr: 5_000n });
    await programmes.submitProposal(request);
    await programmes.submitProposal(request);
    await programmes.withdrawProposal({ project, id: request.id });
    await programmes.withdrawProposal({ project, id: request.id });
    const rows = await ask(
      office.database.url,
      'SELECT actor, action, tenant_id AS tenant FROM journal WHERE subject = $1 ORDER BY seq',
      [request.id],
    );
    const [actor, tenant] = [person.reference, project.tenantId];
    const actions = ['proposal.submit', 'proposal.withdraw'];
    expect(rows).toEqual(actions.map((action) => ({ actor, action, tenant })));
  });
});

const count = (all: (string | undefined)[], one: string): number => all.filter((each) => each === one).length;

async function setup(terms: Terms = {}) {
  const quota = await quotaUnderTest();
  await found(quota, [programme(terms), programme({ ...terms, slug: 'small' }, { addUcr: 950n })]);
  const person = memberOf(quota.project);
  return {
    ...quota,
    person,
    programmes: quota.for(person).programmes,
    /** Submits a proposal as somebody new in the project, and answers what became of it. */
    async ask(project: Project, requestedUcr = 400n, changed: object = {}, asker = memberOf(project)) {
      const { programmes } = quota.for(asker);
      try {
        const { state, rule } = await programmes.submitProposal(proposal(project, { requestedUcr, ...changed }));
        return `${State[state]} ${rule}`;
      } catch (error) {
        return problemOf(error).code;
      }
    },
  };
}
