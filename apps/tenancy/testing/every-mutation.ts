import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import { tenantIdOf } from '../src/ids.ts';
import { idOf, projectWith, university } from './story.ts';
import type { TenancyUnderTest } from './tenancy-under-test.ts';

type Act = [method: string, act: () => Promise<unknown>, records?: number];

/** What each method of tenancy's contract changes, in an order in which each can be done, and the records it leaves. */
export async function everyMutation(tenancy: TenancyUnderTest): Promise<Act[]> {
  const { staff } = tenancy;
  const { tenantId, project, ada, otto, mia, vera } = await university(tenancy);
  const other = await projectWith(ada, tenantId, 'other', { owner: mia });
  const guest = tenancy.person('guest');
  const [ottoId, miaId, veraId] = [await idOf(tenancy, otto), await idOf(tenancy, mia), await idOf(tenancy, vera)];
  const expiresAt = timestampFromDate(new Date(tenancy.clock.now().getTime() + 60_000));
  const reason = 'a reason';
  const labId = tenantIdOf('demo', tenantId, 'lab');
  let [invitation, secret, adminSecret, token] = ['', '', '', ''];
  const invite = async (email: string) => {
    const made = await otto.inviteProjectMember({ project, email, role: Role.VIEWER });
    [invitation, secret] = [made.invitation!.id, made.secret];
  };
  const inviteAdmin = async () => {
    adminSecret = (await ada.inviteTenantAdmin({ tenantId, email: 'otto@example.org' })).secret;
  };
  return [
    ['resolveCaller', () => idOf(tenancy, guest)],
    ['resolveCaller', () => idOf(tenancy, tenancy.person('guest', { email: 'other@example.org' }))],
    ['createTenant', () => staff.createTenant({ parentId: tenantId, slug: 'lab', displayName: 'Lab' })],
    [
      'updateTenant',
      () => staff.updateTenant({ tenantId: labId, resourceVersion: 1n, displayName: 'Laboratory', parentId: '' }),
    ],
    ['updateTenant', () => staff.updateTenant({ tenantId, resourceVersion: 1n, displayName: 'Uni' })],
    ['suspendTenant', () => staff.suspendTenant({ tenantId, reason })],
    ['resumeTenant', () => staff.resumeTenant({ tenantId })],
    ['createProject', () => ada.createProject({ tenantId, slug: 'new', displayName: 'New' })],
    ['updateProject', () => otto.updateProject({ project, resourceVersion: 2n, displayName: 'Sight' })],
    ['suspendProject', () => ada.suspendProject({ project, reason })],
    ['suspendProject', () => staff.suspendProject({ project, reason })],
    ['resumeProject', () => staff.resumeProject({ project })],
    ['setProjectMember', () => otto.setProjectMember({ project, personId: veraId, role: Role.MEMBER })],
    ['transferProject', () => otto.transferProject({ project, ownerId: miaId })],
    ['transferProject', () => mia.transferProject({ project, ownerId: ottoId })],
    ['inviteProjectMember', () => invite('vera@example.org')],
    // It takes an open invitation along.
    ['removeProjectMember', () => otto.removeProjectMember({ project, personId: veraId }), 2],
    ['inviteProjectMember', () => invite('other@example.org')],
    ['acceptInvitation', () => tenancy.person('guest', { email: 'other@example.org' }).acceptInvitation({ secret })],
    ['inviteProjectMember', () => invite('nobody@example.org')],
    ['revokeInvitation', () => otto.revokeInvitation({ ...project, id: invitation })],
    ['inviteTenantAdmin', () => inviteAdmin()],
    ['acceptInvitation', () => otto.acceptInvitation({ secret: adminSecret })],
    ['inviteTenantAdmin', () => inviteAdmin()],
    ['removeTenantAdmin', () => ada.removeTenantAdmin({ tenantId, personId: ottoId }), 2],
    [
      'createProjectToken',
      async () => {
        token = (await otto.createProjectToken({ project, name: 'x', role: Role.VIEWER, expiresAt })).token!.id;
      },
    ],
    ['revokeProjectToken', () => otto.revokeProjectToken({ project, id: token })],
    ['inviteProjectMember', () => invite('mia@example.org')],
    // Each tenant that they leave by it has a record beside their own, and each invitation that is over.
    ['erasePerson', () => staff.erasePerson({ personId: miaId, reason }), 3],
    ['inviteProjectMember', () => invite('vera@example.org')],
    ['acceptInvitation', () => vera.acceptInvitation({ secret })],
    ['leaveProject', () => vera.leaveProject({ project })],
    [
      'inviteProjectMember',
      () => ada.inviteProjectMember({ project: other, email: 'otto@example.org', role: Role.OWNER }),
    ],
  ];
}
