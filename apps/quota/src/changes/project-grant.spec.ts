import { describe, expect, it } from '@jest/globals';
import { uuid7 } from '@kontor/kit/id';
import { found, grantCredits, memberOf, staff } from '../../testing/awards.ts';
import {
  accountOf,
  codeOf,
  expectBalanced,
  grant,
  quotaUnderTest,
  type Acting,
} from '../../testing/quota-under-test.ts';

describe('credits for a project', () => {
  it('are not granted by one person, once the operator is founded', async () => {
    await using office = await setup();
    expect(await codeOf(grant(office.gateway, office.project, 'CR:demo', 10n))).toBe('takes_two_persons');
    expect(await codeOf(grant(office.gateway, office.project, 'SLOTS:cpu.x86_64', 1n))).toBe('ok');
    expect((await office.credits()).available).toBe(100n);
  });

  it('are granted when two persons agree, to a project that has no account yet too', async () => {
    await using office = await setup();
    const fresh = { tenantId: office.project.tenantId, projectId: uuid7() };
    for (const project of [office.project, fresh, fresh]) await grantCredits(office, project, 30n);
    expect((await office.credits()).available).toBe(130n);
    const { id, available } = await accountOf(office.gateway, fresh, 'CR:demo');
    expect(available).toBe(60n);
    const { transfers } = await office.gateway.listTransfers({ accountId: id });
    expect(transfers.map(({ amount }) => amount)).toEqual([30n, 30n]);
    await expectBalanced(office.gateway);
  });

  it('are neither proposed nor agreed to by whoever belongs to the project, nor without naming it', async () => {
    await using office = await setup();
    const { project } = office;
    const member = memberOf(project);
    const ofProject = office.for({ ...member, roles: [...staff().roles, ...member.roles] });
    expect(await codeOf(office.propose(ofProject))).toBe('self_dealing');
    expect(await codeOf(office.propose(office.for(staff()), null))).toBe('project_does_not_fit');
    const { id } = await office.propose(office.for(staff()));
    expect(await codeOf(ofProject.changes.agreeToChange({ id, project }))).toBe('self_dealing');
    expect((await office.credits()).available).toBe(100n);
  });

  it('are never more than the treasury may hand out', async () => {
    await using office = await setup();
    expect(await codeOf(grantCredits(office, office.project, 901n))).toBe('treasury_exceeded');
    await Promise.all(Array.from({ length: 4 }, () => codeOf(grantCredits(office, office.project, 300n))));
    expect((await office.credits()).available).toBe(1_000n);
    await expectBalanced(office.gateway);
  });
});

/** A founded operator with a thousand credits to hand out, of which the project has a hundred. */
async function setup() {
  const quota = await quotaUnderTest({ credits: 100n });
  await found(quota, [], { authorisation: { authorisedUcr: 1_000n } });
  return {
    ...quota,
    propose(by: Acting, named: typeof quota.project | null = quota.project) {
      const matter = { matter: { case: 'grant' as const, value: { project: quota.project, amountUcr: 30n } } };
      return by.changes.proposeChange({ id: uuid7(), matter, reason: 'Why not.', ...(named && { project: named }) });
    },
  };
}
