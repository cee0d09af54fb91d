import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { afterAll, describe, expect, it } from '@jest/globals';
import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { AccessRule_Role } from '@kontor/contracts/rules/v1/rules';
import { Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import { connect } from '@kontor/kit/connect';
import { actingFor, personWith } from '@kontor/testing/acting-for';
import { idOf, projectWith, university } from '../testing/story.ts';
import { codeOf, tenancyUnderTest, type TenancyUnderTest } from '../testing/tenancy-under-test.ts';

type Act = [what: string, act: () => Promise<unknown>];

describe('the journal', () => {
  it('has one record of every mutation, in which nobody has a name', async () => {
    await using tenancy = await tenancyUnderTest();
    for (const [what, act] of await everyMutation(tenancy)) {
      const before = (await tenancy.journal()).length;
      await act();
      expect([what, (await tenancy.journal()).length - before]).toEqual([what, 1]);
      await act().catch(() => undefined);
      const after = (await tenancy.journal()).length - before;
      expect([what, after]).toEqual([what, AGAIN_IS_ANOTHER.has(what) ? 2 : 1]);
    }
    const text = JSON.stringify(await tenancy.journal());
    for (const name of ['ada', 'otto', 'mia', 'vera', 'eve', 'staff', 'guest']) {
      expect(text).not.toContain(`"${name}"`);
      expect(text).not.toContain(`${name}@`);
      expect(text).not.toContain(`subject-of-${name}`);
    }
  });

  it('has no record of what was refused, or only read', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto, mia, eve } = await university(tenancy);
    await idOf(tenancy, eve);
    await idOf(tenancy, tenancy.auditor);
    const before = await tenancy.journal();
    const refused = [
      mia.inviteProjectMember({ project, email: 'x@example.org', role: Role.MEMBER }),
      eve.getTenant({ tenantId }),
      ada.updateProject({ project, resourceVersion: 99n, displayName: 'x' }),
      ada.removeProjectMember({ project, personId: await idOf(tenancy, otto) }),
      ada.removeTenantAdmin({ tenantId, personId: await idOf(tenancy, ada) }),
      tenancy.staff.createTenant({ slug: 'university', displayName: 'Other' }),
    ];
    expect(new Set(await Promise.all(refused.map(codeOf))).has('ok')).toBe(false);
    await Promise.all([
      ada.getTenant({ tenantId }),
      ada.listProjects({ tenantId }),
      ada.listTenantAdmins({ tenantId }),
      otto.listInvitations(project),
      otto.listProjectTokens({ project }),
      mia.listMyProjects({}),
      tenancy.auditor.listTenants({}),
      mia.listProjectMembers({ project }),
    ]);
    expect(await tenancy.journal()).toEqual(before);
  });

  it('is complete by what the tables say, and shown to staff with every tenant in it', async () => {
    await using tenancy = await tenancyUnderTest();
    for (const [, act] of await everyMutation(tenancy)) await act();
    const journal = connect(JournalService, tenancy.address, tenancy.tls.of('gateway'), 'tenancy');
    opened.push(() => journal.close());
    const staff = await actingFor(journal, tenancy.tls, personWith([AccessRule_Role.OPERATOR_STAFF]));
    const { count } = await staff.verifyJournal({ count: true });
    const wrong = count?.kinds.filter(({ mutations, records }) => mutations !== records);
    expect(wrong).toEqual([]);
    const memberships = ['project.set-member', 'project.remove-member', 'tenant.remove-admin'];
    const entries = await tenancy.journal();
    const uncounted = entries.filter(({ action }) => memberships.includes(action));
    expect(count).toMatchObject({
      uncounted: BigInt(uncounted.length),
      records: BigInt(entries.length - uncounted.length),
    });
    const { records } = await staff.listJournal({ page: { pageSize: 500 } });
    expect(records).toHaveLength(entries.length);
    const researcher = await actingFor(journal, tenancy.tls, personWith([]));
    expect(await codeOf(researcher.listJournal({}))).toBe('not_allowed');
  });
});

const opened: (() => void)[] = [];
afterAll(() => opened.forEach((close) => close()));

/** Mutations that make something new each time, where others are the same again or refused. */
const AGAIN_IS_ANOTHER = new Set(['token']);

/** Each kind of mutation once, in an order in which each can be done. */
async function everyMutation(tenancy: TenancyUnderTest): Promise<Act[]> {
  const { staff } = tenancy;
  const { tenantId, project, ada, otto, mia, vera } = await university(tenancy);
  const other = await projectWith(ada, tenantId, 'other', { owner: mia });
  const guest = tenancy.person('guest');
  const [ottoId, miaId, veraId] = [await idOf(tenancy, otto), await idOf(tenancy, mia), await idOf(tenancy, vera)];
  const expiresAt = timestampFromDate(new Date(tenancy.clock.now().getTime() + 60_000));
  const reason = 'a reason';
  let [invitation, secret, token] = ['', '', ''];
  const invite = async (email: string) => {
    const made = await otto.inviteProjectMember({ project, email, role: Role.VIEWER });
    [invitation, secret] = [made.invitation!.id, made.secret];
  };
  const admin = await ada.inviteTenantAdmin({ tenantId, email: 'otto@example.org' });
  return [
    ['person', () => idOf(tenancy, guest)],
    ['name', () => idOf(tenancy, tenancy.person('guest', { email: 'other@example.org' }))],
    ['tenant', () => staff.createTenant({ parentId: tenantId, slug: 'lab', displayName: 'Lab' })],
    ['move', () => staff.updateTenant({ tenantId, resourceVersion: 1n, displayName: 'Uni' })],
    ['suspend', () => staff.suspendTenant({ tenantId, reason })],
    ['resume', () => staff.resumeTenant({ tenantId })],
    ['project', () => ada.createProject({ tenantId, slug: 'new', displayName: 'New' })],
    ['rename', () => otto.updateProject({ project, resourceVersion: 2n, displayName: 'Sight' })],
    ['pause', () => ada.suspendProject({ project, reason })],
    ['go on', () => ada.resumeProject({ project })],
    ['member', () => otto.setProjectMember({ project, personId: veraId, role: Role.MEMBER })],
    ['transfer', () => otto.transferProject({ project, ownerId: miaId })],
    ['hand back', () => mia.transferProject({ project, ownerId: ottoId })],
    ['remove', () => otto.removeProjectMember({ project, personId: veraId })],
    ['invite', () => invite('other@example.org')],
    ['accept', () => tenancy.person('guest', { email: 'other@example.org' }).acceptInvitation({ secret })],
    ['invite another', () => invite('nobody@example.org')],
    ['revoke', () => otto.revokeInvitation({ ...project, id: invitation })],
    ['second admin', () => otto.acceptInvitation({ secret: admin.secret })],
    ['no admin', () => ada.removeTenantAdmin({ tenantId, personId: ottoId })],
    [
      'token',
      async () => {
        token = (await otto.createProjectToken({ project, name: 'x', role: Role.VIEWER, expiresAt })).token!.id;
      },
    ],
    ['no token', () => otto.revokeProjectToken({ project, id: token })],
    ['erase', () => staff.erasePerson({ personId: miaId, reason })],
    ['new owner', () => ada.inviteProjectMember({ project: other, email: 'otto@example.org', role: Role.OWNER })],
  ];
}
