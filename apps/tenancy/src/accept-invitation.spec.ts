import { describe, expect, it } from '@jest/globals';
import { Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import { emailOf, idOf, projectWith, referenceOf, university } from '../testing/story.ts';
import { codeOf, tenancyUnderTest, type TenancyUnderTest } from '../testing/tenancy-under-test.ts';
import type { Actor } from '../testing/through-gateway.ts';

describe('whoever takes up an invitation', () => {
  it('belongs there, and the address is forgotten', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, secret, eve, invitation } = await invited(tenancy);
    const member = await eve.acceptInvitation({ secret });
    expect(member).toMatchObject({ ...project, personId: await idOf(tenancy, eve), role: Role.MEMBER, name: 'eve' });
    expect(await eve.getProject({ project })).toMatchObject({ slug: 'vision' });
    expect((await otto.listInvitations(project)).invitations).toEqual([]);
    expect((await tenancy.journal(invitation!.id)).at(-1)).toMatchObject({
      actor: await referenceOf(tenancy, eve),
      action: 'invitation.accept',
      after: { member: await referenceOf(tenancy, eve), role: 'MEMBER', projectId: project.projectId },
    });
    expect(await codeOf(otto.revokeInvitation({ ...project, id: invitation!.id }))).toBe('invitation_accepted');
  });

  it('gets the same answer when it was lost and is asked for again', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, secret, eve, invitation } = await invited(tenancy);
    const answers = await Promise.all(Array.from({ length: 5 }, () => eve.acceptInvitation({ secret })));
    expect(answers).toEqual(answers.map(() => answers[0]));
    const actions = (await tenancy.journal(invitation!.id)).map(({ action }) => action);
    expect(actions).toEqual(['invitation.create', 'invitation.accept']);
    await otto.removeProjectMember({ project, personId: answers[0]!.personId });
    expect(await codeOf(eve.acceptInvitation({ secret }))).toBe('invitation_accepted');
  });

  it('has the address it names, in whatever capitals, and verified', async () => {
    await using tenancy = await tenancyUnderTest();
    const { secret } = await invited(tenancy, 'Eve@Example.ORG');
    const [mallory, unverified] = [tenancy.person('mallory'), tenancy.person('eve', { emailVerified: false })];
    expect(await codeOf(mallory.acceptInvitation({ secret }))).toBe('invitation_for_another');
    expect(await codeOf(unverified.acceptInvitation({ secret }))).toBe('email_not_verified');
    const pretending = tenancy.person('mallory', { email: 'eve@example.org', emailVerified: false });
    expect(await codeOf(pretending.acceptInvitation({ secret }))).toBe('email_not_verified');
    const verified = tenancy.person('eve', { email: 'eVE@example.org' });
    expect(await codeOf(verified.acceptInvitation({ secret }))).toBe('ok');
  });

  it('is one: of two people with the same address who come at the same time, one belongs there', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, secret } = await invited(tenancy);
    const twins = ['one', 'two', 'three'].map((name) => tenancy.person(name, { email: 'eve@example.org' }));
    const codes = await Promise.all(twins.map((twin) => codeOf(twin.acceptInvitation({ secret }))));
    expect(codes.toSorted()).toEqual(['invitation_accepted', 'invitation_accepted', 'ok']);
    expect((await otto.listProjectMembers({ project })).members).toHaveLength(4);
  });

  it('comes within two weeks', async () => {
    await using tenancy = await tenancyUnderTest();
    const { secret, eve } = await invited(tenancy);
    tenancy.clock.advance(14 * 24 * 3_600_000);
    expect(await codeOf(eve.acceptInvitation({ secret }))).toBe('invitation_expired');
  });

  it('waits while the project or a tenant above it is suspended', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, secret, eve } = await invited(tenancy);
    await ada.suspendProject({ project, reason: 'x' });
    expect(await codeOf(eve.acceptInvitation({ secret }))).toBe('project_suspended');
    await ada.resumeProject({ project });
    await tenancy.staff.suspendTenant({ tenantId, reason: 'x' });
    expect(await codeOf(eve.acceptInvitation({ secret }))).toBe('tenant_suspended');
    await tenancy.staff.resumeTenant({ tenantId });
    expect(await codeOf(eve.acceptInvitation({ secret }))).toBe('ok');
  });

  it('knows its secret, and learns nothing by guessing', async () => {
    await using tenancy = await tenancyUnderTest();
    const { secret, eve } = await invited(tenancy);
    const wrong = eve.acceptInvitation({ secret: `${secret.slice(0, -1)}!` });
    await expect(wrong).rejects.toMatchObject({
      code: 'invitation_not_found',
      detail: 'There is no invitation with this secret.',
    });
    expect(await codeOf(eve.acceptInvitation({ secret: '' }))).toBe('invalid_request');
    expect(await codeOf(eve.acceptInvitation({ secret: 'x'.repeat(201) }))).toBe('invalid_request');
  });

  it('is a person and no program', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, secret } = await invited(tenancy);
    const expiresAt = { seconds: BigInt(tenancy.clock.now().getTime() / 1000 + 60), nanos: 0 };
    const token = await otto.createProjectToken({ project, name: 'x', role: Role.MEMBER, expiresAt });
    expect(await codeOf(tenancy.program(token.secret).acceptInvitation({ secret }))).toBe('not_allowed');
  });
});

describe('a member who is invited again', () => {
  it('becomes what they were not, and never less', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, mia, vera } = await university(tenancy);
    const again = async (person: Actor, role: Role) => {
      const { secret } = await otto.inviteProjectMember({ project, email: emailOf(person), role });
      return person.acceptInvitation({ secret });
    };
    expect(await again(vera, Role.MEMBER)).toMatchObject({ role: Role.MEMBER });
    expect(await codeOf(again(mia, Role.VIEWER))).toBe('already_member');
    expect(await codeOf(again(otto, Role.MEMBER))).toBe('already_member');
    const { members } = await otto.listProjectMembers({ project });
    expect(members.map(({ name, role }) => `${name} ${Role[role]}`).toSorted()).toEqual([
      'mia MEMBER',
      'otto OWNER',
      'vera MEMBER',
    ]);
  });

  it('can be the first owner', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada, mia } = await university(tenancy);
    const project = await projectWith(ada, tenantId, 'new', { viewers: [mia] });
    const { secret } = await ada.inviteProjectMember({ project, email: emailOf(mia), role: Role.OWNER });
    expect(await mia.acceptInvitation({ secret })).toMatchObject({ role: Role.OWNER });
    expect(await mia.getProject({ project })).toMatchObject({ ownerId: await idOf(tenancy, mia), resourceVersion: 2n });
  });

  it('as owner comes too late when the project was handed to somebody else', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada, mia, eve } = await university(tenancy);
    const project = await projectWith(ada, tenantId, 'new', { members: [mia] });
    const { secret } = await ada.inviteProjectMember({ project, email: emailOf(eve), role: Role.OWNER });
    await ada.transferProject({ project, ownerId: await idOf(tenancy, mia) });
    expect(await codeOf(eve.acceptInvitation({ secret }))).toBe('project_has_owner');
    expect(await codeOf(eve.getProject({ project }))).toBe('project_not_found');
  });

  it('to run a tenant that they run learns that they do', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada } = await university(tenancy);
    const { secret } = await tenancy.staff.inviteTenantAdmin({ tenantId, email: emailOf(ada) });
    expect(await codeOf(ada.acceptInvitation({ secret }))).toBe('already_member');
  });
});

/** The university, and Eve with an invitation into its project. */
async function invited(tenancy: TenancyUnderTest, email = 'eve@example.org') {
  const story = await university(tenancy);
  const { project, otto } = story;
  return { ...story, ...(await otto.inviteProjectMember({ project, email, role: Role.MEMBER })) };
}
