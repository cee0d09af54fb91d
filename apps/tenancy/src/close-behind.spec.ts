import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import { emailOf, idOf, projectWith, referenceOf, tenantRunBy, university } from '../testing/story.ts';
import { codeOf, tenancyUnderTest, type TenancyUnderTest } from '../testing/tenancy-under-test.ts';
import type { Actor } from '../testing/through-gateway.ts';

describe('somebody who is removed from a project', () => {
  it('does not come back by an invitation that was still open', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, vera } = await university(tenancy);
    const { secret, invitation } = await invite(otto, project, 'Vera@Example.org');
    await otto.removeProjectMember({ project, personId: await idOf(tenancy, vera) });
    expect(await codeOf(vera.acceptInvitation({ secret }))).toBe('invitation_revoked');
    expect((await otto.listInvitations(project)).invitations).toEqual([]);
    expect((await tenancy.journal(invitation!.id)).at(-1)).toEqual({
      actor: await referenceOf(tenancy, otto),
      action: 'invitation.revoke',
      subject: invitation!.id,
      tenant_id: project.tenantId,
      before: { state: 'OPEN' },
      after: { state: 'REVOKED' },
    });
    expect(await tenancy.count()).toContain('journal complete');
  });

  it('nor by one that they made, while those of others stay, and those to other places', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto, mia } = await university(tenancy);
    const other = await projectWith(ada, tenantId, 'other', { owner: otto });
    const theirs = await invite(otto, project, 'friend@example.org');
    const elsewhere = await invite(otto, other, 'friend@example.org');
    await otto.transferProject({ project, ownerId: await idOf(tenancy, mia) });
    const others = await invite(mia, project, 'guest@example.org');
    await mia.removeProjectMember({ project, personId: await idOf(tenancy, otto) });
    const friend = tenancy.person('friend');
    expect(await codeOf(friend.acceptInvitation({ secret: theirs.secret }))).toBe('invitation_revoked');
    expect(await codeOf(friend.acceptInvitation({ secret: elsewhere.secret }))).toBe('ok');
    expect(await codeOf(tenancy.person('guest').acceptInvitation({ secret: others.secret }))).toBe('ok');
  });

  it('has left no token of the project behind, while those that others made stay good', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto, mia } = await university(tenancy);
    const other = await projectWith(ada, tenantId, 'other', { owner: otto });
    const [theirs, elsewhere] = [await makeToken(tenancy, otto, project), await makeToken(tenancy, otto, other)];
    await otto.transferProject({ project, ownerId: await idOf(tenancy, mia) });
    const others = await makeToken(tenancy, mia, project);
    const see = ({ secret }: NewToken, place: typeof project) =>
      codeOf(tenancy.program(secret).getProject({ project: place }));
    expect(await see(theirs, project)).toBe('ok');
    await mia.removeProjectMember({ project, personId: await idOf(tenancy, otto) });
    expect(await see(theirs, project)).toBe('token_invalid');
    expect([await see(others, project), await see(elsewhere, other)]).toEqual(['ok', 'ok']);
    expect((await tenancy.journal(theirs.token!.id)).at(-1)).toMatchObject({
      actor: await referenceOf(tenancy, mia),
      action: 'project-token.revoke',
      tenant_id: tenantId,
    });
    expect(await tenancy.count()).toContain('journal complete');
  });

  it('has been there, or has not, where they come back at the same time', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, vera } = await university(tenancy);
    const { secret } = await invite(otto, project, emailOf(vera));
    const personId = await idOf(tenancy, vera);
    const [accepted, removed] = await Promise.all([
      codeOf(vera.acceptInvitation({ secret })),
      codeOf(otto.removeProjectMember({ project, personId })),
    ]);
    expect(['ok', 'invitation_revoked']).toContain(accepted);
    expect(removed).toBe('ok');
    expect(await codeOf(vera.getProject({ project }))).toBe('project_not_found');
  });
});

describe('a member who may do less from now on', () => {
  it('does not become more again by an invitation that was still open', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, vera } = await university(tenancy);
    const personId = await idOf(tenancy, vera);
    const { secret } = await invite(otto, project, emailOf(vera));
    await otto.setProjectMember({ project, personId, role: Role.MEMBER });
    expect((await otto.listInvitations(project)).invitations).toHaveLength(1);
    await otto.setProjectMember({ project, personId, role: Role.VIEWER });
    expect(await codeOf(vera.acceptInvitation({ secret }))).toBe('invitation_revoked');
    expect(await tenancy.count()).toContain('journal complete');
  });
});

describe('an owner who became a member, and then a viewer', () => {
  it('keeps the tokens that they made as long as they may do what these may', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, mia } = await university(tenancy);
    const { secret } = await makeToken(tenancy, otto, project);
    await otto.transferProject({ project, ownerId: await idOf(tenancy, mia) });
    expect(await codeOf(tenancy.program(secret).getProject({ project }))).toBe('ok');
    await mia.setProjectMember({ project, personId: await idOf(tenancy, otto), role: Role.VIEWER });
    expect(await codeOf(tenancy.program(secret).getProject({ project }))).toBe('token_invalid');
  });
});

describe('somebody who no longer runs a tenant', () => {
  it('comes back neither by an invitation to run it, nor by what they opened in it or below it', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, bob, below, beside } = await twoAdmins(tenancy);
    const opened = [
      await bob.inviteTenantAdmin({ tenantId, email: 'friend@example.org' }),
      await invite(bob, project, emailOf(bob)),
      await bob.inviteTenantAdmin({ tenantId: below.id, email: emailOf(bob) }),
    ];
    const ofOthers = await ada.inviteTenantAdmin({ tenantId, email: emailOf(bob) });
    const kept = await bob.inviteTenantAdmin({ tenantId: beside.id, email: 'friend@example.org' });
    await ada.removeTenantAdmin({ tenantId, personId: await idOf(tenancy, bob) });
    for (const { invitation } of [...opened, ofOthers]) {
      expect((await tenancy.journal(invitation!.id)).at(-1)).toMatchObject({
        action: 'invitation.revoke',
        tenant_id: invitation!.tenantId,
      });
    }
    for (const { secret } of [...opened, ofOthers]) {
      expect(await codeOf(bob.acceptInvitation({ secret }))).toBe('invitation_revoked');
    }
    expect(await codeOf(tenancy.person('friend').acceptInvitation({ secret: kept.secret }))).toBe('ok');
    expect(await tenancy.count()).toContain('journal complete');
  });

  it('goes into a project to which somebody else invited them', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto, bob } = await twoAdmins(tenancy);
    const { secret } = await invite(otto, project, emailOf(bob));
    await ada.removeTenantAdmin({ tenantId, personId: await idOf(tenancy, bob) });
    expect(await codeOf(bob.acceptInvitation({ secret }))).toBe('ok');
  });
});

/** Bob runs the university beside Ada, and so the lab below it, and a company of his own. */
async function twoAdmins(tenancy: TenancyUnderTest) {
  const scene = await university(tenancy);
  const { tenantId, ada } = scene;
  const bob = tenancy.person('bob');
  const { secret } = await ada.inviteTenantAdmin({ tenantId, email: emailOf(bob) });
  await bob.acceptInvitation({ secret });
  const below = await tenancy.staff.createTenant({ parentId: tenantId, slug: 'lab', displayName: 'Lab' });
  return { ...scene, bob, below, beside: await tenantRunBy(tenancy, bob, 'company') };
}

const invite = (actor: Actor, project: { tenantId: string; projectId: string }, email: string) =>
  actor.inviteProjectMember({ project, email, role: Role.MEMBER });

type NewToken = Awaited<ReturnType<Actor['createProjectToken']>>;

const makeToken = (tenancy: TenancyUnderTest, actor: Actor, project: { tenantId: string; projectId: string }) =>
  actor.createProjectToken({
    project,
    name: 'nightly',
    role: Role.MEMBER,
    expiresAt: timestampFromDate(new Date(tenancy.clock.now().getTime() + 60_000)),
  });
