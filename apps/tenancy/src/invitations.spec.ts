import { describe, expect, it } from '@jest/globals';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Invitation_State as State, Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid7 } from '@kontor/kit/id';
import { inScope } from '@kontor/kit/tenant-scope';
import { projectWith, tenantRunBy, university } from '../testing/story.ts';
import { codeOf, OPERATOR_TENANT, tenancyUnderTest } from '../testing/tenancy-under-test.ts';
import type { Actor } from '../testing/through-gateway.ts';

const DAY_MS = 24 * 3_600_000;

describe('an invitation', () => {
  it('is good for two weeks; its secret is shown once and kept as a digest', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    const { invitation, secret } = await invite(otto, project, 'new@example.org');
    expect(secret).toMatch(/^kinv_[\w-]{43}$/);
    expect(invitation).toMatchObject({ ...project, email: 'new@example.org', role: Role.MEMBER, state: State.OPEN });
    expect(timestampDate(invitation!.expiresAt!).getTime()).toBe(tenancy.clock.now().getTime() + 14 * DAY_MS);
    const everything = await inScope(tenancy.db, 'all', (tx) => tx.query('SELECT invitation::text FROM invitation'));
    expect(JSON.stringify(everything)).not.toContain(secret);
    expect(JSON.stringify(await tenancy.journal())).not.toContain('new@example.org');
  });

  it('is listed until somebody takes it up or back, also when it has expired', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto } = await university(tenancy);
    const states = async (actor: Actor, place: object) =>
      (await actor.listInvitations({ tenantId, ...place })).invitations.map(({ email, state }) => [
        email,
        State[state],
      ]);
    const inProject = { projectId: project.projectId };
    const back = await invite(otto, project, 'back@example.org');
    await invite(otto, project, 'late@example.org');
    await ada.inviteTenantAdmin({ tenantId, email: 'admin@example.org' });
    expect(await states(otto, inProject)).toEqual([
      ['late@example.org', 'OPEN'],
      ['back@example.org', 'OPEN'],
    ]);
    expect(await states(ada, {})).toEqual([['admin@example.org', 'OPEN']]);
    await otto.revokeInvitation({ tenantId, ...inProject, id: back.invitation!.id });
    tenancy.clock.advance(14 * DAY_MS);
    await invite(otto, project, 'new@example.org');
    expect(await states(tenancy.staff, inProject)).toEqual([
      ['new@example.org', 'OPEN'],
      ['late@example.org', 'EXPIRED'],
    ]);
    expect(await states(tenancy.auditor, inProject)).toEqual(await states(tenancy.staff, inProject));
    expect(await codeOf(otto.listInvitations({ tenantId }))).toBe('not_allowed');
  });

  it('forgets whom it was for once it has expired', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, otto } = await university(tenancy);
    const { invitation, secret } = await invite(otto, project, 'late@example.org');
    const id = invitation!.id;
    tenancy.clock.advance(14 * DAY_MS - 1);
    await invite(otto, project, 'new@example.org');
    expect(await tenancy.expireInvitations()).toBe(0);
    tenancy.clock.advance(1);
    expect([await tenancy.expireInvitations(), await tenancy.expireInvitations()]).toEqual([1, 0]);

    const rows = await inScope(tenancy.db, 'all', (tx) => tx.query('SELECT invitation::text FROM invitation'));
    expect(JSON.stringify(rows)).not.toContain('late@example.org');
    expect((await tenancy.journal(id)).at(-1)).toEqual({
      actor: 'tenancy',
      action: 'invitation.expire',
      subject: id,
      tenant_id: tenantId,
      before: { state: 'OPEN' },
      after: { state: 'EXPIRED' },
    });
    const { invitations } = await otto.listInvitations(project);
    expect(invitations.map(({ email, state }) => [email, State[state]])).toEqual([
      ['new@example.org', 'OPEN'],
      ['', 'EXPIRED'],
    ]);
    expect(await codeOf(tenancy.person('late').acceptInvitation({ secret }))).toBe('invitation_expired');
    expect(await codeOf(invite(otto, project, 'late@example.org'))).toBe('ok');
    expect(await otto.revokeInvitation({ ...project, id })).toMatchObject({ state: State.REVOKED });
    expect((await otto.listInvitations(project)).invitations).toHaveLength(2);
  });

  it('forgets by the hundred, and by several replicas at once', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    for (let n = 0; n < 120; n++) await invite(otto, project, `late${n}@example.org`);
    tenancy.clock.advance(14 * DAY_MS);
    await Promise.all([1, 2, 3].map(() => tenancy.expireInvitations()));
    while ((await tenancy.expireInvitations()) > 0);
    const expired = (await tenancy.journal()).filter(({ action }) => action === 'invitation.expire');
    expect(new Set(expired.map(({ subject }) => subject)).size).toBe(120);
    expect(expired).toHaveLength(120);
  });

  it('is taken back once, and forgets whom it was for', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    const { invitation, secret } = await invite(otto, project, 'new@example.org');
    const request = { ...project, id: invitation!.id };
    expect(await otto.revokeInvitation(request)).toMatchObject({ state: State.REVOKED, email: 'new@example.org' });
    expect(await otto.revokeInvitation(request)).toMatchObject({ state: State.REVOKED, email: '' });
    expect(await codeOf(tenancy.person('new').acceptInvitation({ secret }))).toBe('invitation_revoked');
    const entries = await tenancy.journal(invitation!.id);
    expect(entries.map(({ action }) => action)).toEqual(['invitation.create', 'invitation.revoke']);
  });

  it('is found only where it was made', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto } = await university(tenancy);
    const other = await projectWith(ada, tenantId, 'other');
    const { invitation } = await invite(otto, project, 'new@example.org');
    const id = invitation!.id;
    for (const place of [{ tenantId }, other, { tenantId: OPERATOR_TENANT }]) {
      expect(await codeOf(tenancy.staff.revokeInvitation({ ...place, id }))).toBe('invitation_not_found');
    }
    expect(await codeOf(otto.revokeInvitation({ ...other, id }))).toBe('project_not_found');
    expect(await codeOf(ada.revokeInvitation({ ...project, id: uuid7() }))).toBe('invitation_not_found');
  });

  it('to an address is one at a time in each place, however the address is written', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto } = await university(tenancy);
    await invite(otto, project, 'new@example.org');
    expect(await codeOf(invite(otto, project, 'NEW@Example.org', Role.VIEWER))).toBe('already_invited');
    expect(await codeOf(ada.inviteTenantAdmin({ tenantId, email: 'new@example.org' }))).toBe('ok');
    tenancy.clock.advance(14 * DAY_MS);
    expect(await codeOf(invite(otto, project, 'new@example.org'))).toBe('ok');
    const both = ['one', 'two'].map(() => codeOf(invite(otto, project, 'pair@example.org')));
    expect((await Promise.all(both)).toSorted()).toEqual(['already_invited', 'ok']);
  });

  it('that is sent again is the same one with another secret, since the first may have been lost', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada } = await university(tenancy);
    const free = await projectWith(ada, tenantId, 'free');
    const inviting = [
      (id: string) => ada.inviteProjectMember({ project, email: 'new@example.org', role: Role.MEMBER, id }),
      (id: string) => ada.inviteProjectMember({ project: free, email: 'new@example.org', role: Role.OWNER, id }),
      (id: string) => ada.inviteTenantAdmin({ tenantId, email: 'new@example.org', id }),
    ];
    for (const ask of inviting) {
      const id = uuid7();
      const [first, again] = [await ask(id), await ask(id)];
      expect(again.invitation).toEqual(first.invitation);
      expect(first.invitation).toMatchObject({ id });
      const guest = tenancy.person('new');
      expect(await codeOf(guest.acceptInvitation({ secret: first.secret }))).toBe('invitation_not_found');
      expect(await codeOf(guest.acceptInvitation({ secret: again.secret }))).toBe('ok');
      const actions = (await tenancy.journal(id)).map(({ action }) => action);
      expect(actions).toEqual(['invitation.create', 'invitation.replace-secret', 'invitation.accept']);
      expect(await codeOf(ask(id))).toBe('invitation_exists');
    }
    expect(await tenancy.count()).toContain('journal complete');
  });

  it('that is sent by its id is none of another content, of somebody else, or elsewhere', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto, eve } = await university(tenancy);
    const id = uuid7();
    const asked = { project, email: 'new@example.org', role: Role.MEMBER, id };
    const { secret } = await otto.inviteProjectMember(asked);
    const { id: other } = await tenantRunBy(tenancy, eve, 'institute');
    const others = [
      otto.inviteProjectMember({ ...asked, email: 'other@example.org' }),
      otto.inviteProjectMember({ ...asked, role: Role.VIEWER }),
      ada.inviteProjectMember(asked),
      ada.inviteTenantAdmin({ tenantId, email: 'new@example.org', id }),
      eve.inviteTenantAdmin({ tenantId: other, email: 'new@example.org', id }),
    ];
    expect(new Set(await Promise.all(others.map(codeOf)))).toEqual(new Set(['invitation_exists']));
    expect(await codeOf(tenancy.person('new').acceptInvitation({ secret }))).toBe('ok');
  });

  it.each([
    ['no address', { email: '' }],
    ['an address that is none', { email: 'somebody' }],
    ['an address with a blank', { email: 'some body@example.org' }],
    ['an address that is too long', { email: `${'x'.repeat(320)}@example.org` }],
    ['no role', { role: Role.UNSPECIFIED }],
    ['a role in a tenant', { role: Role.TENANT_ADMIN }],
  ])('with %s is refused', async (_, wrong) => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    const request = { project, email: 'new@example.org', role: Role.MEMBER, ...wrong };
    expect(await codeOf(otto.inviteProjectMember(request))).toBe('invalid_request');
    expect((await otto.listInvitations(project)).invitations).toEqual([]);
  });

  it('is made by those alone who run the place', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, otto, mia, vera, eve } = await university(tenancy);
    for (const actor of [mia, vera, tenancy.staff, tenancy.auditor]) {
      expect(await codeOf(invite(actor, project, 'new@example.org'))).toBe('not_allowed');
    }
    expect(await codeOf(invite(eve, project, 'new@example.org'))).toBe('project_not_found');
    for (const actor of [otto, mia, tenancy.auditor]) {
      expect(await codeOf(actor.inviteTenantAdmin({ tenantId, email: 'new@example.org' }))).toBe('not_allowed');
    }
    expect(await codeOf(eve.inviteTenantAdmin({ tenantId, email: 'new@example.org' }))).toBe('tenant_not_found');
    const nowhere = { tenantId: uuid7(), email: 'new@example.org' };
    expect(await codeOf(tenancy.staff.inviteTenantAdmin(nowhere))).toBe('tenant_not_found');
  });
});

describe('an invitation to own a project', () => {
  it('is made only while nobody owns it and nobody else is invited to', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada } = await university(tenancy);
    expect(await codeOf(invite(ada, project, 'x@example.org', Role.OWNER))).toBe('project_has_owner');
    const free = await projectWith(ada, tenantId, 'free');
    const codes = await Promise.all(
      ['a', 'b', 'c'].map((name) => codeOf(invite(ada, free, `${name}@example.org`, Role.OWNER))),
    );
    expect(codes.toSorted()).toEqual(['ok', 'owner_invited', 'owner_invited']);
    tenancy.clock.advance(14 * DAY_MS);
    expect(await codeOf(invite(ada, free, 'd@example.org', Role.OWNER))).toBe('ok');
  });
});

const invite = (actor: Actor, project: { tenantId: string; projectId: string }, email: string, role = Role.MEMBER) =>
  actor.inviteProjectMember({ project, email, role });
