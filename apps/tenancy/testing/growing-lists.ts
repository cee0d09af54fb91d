import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import { projectWith, tenantRunBy, university } from './story.ts';
import type { TenancyUnderTest } from './tenancy-under-test.ts';
import type { Actor } from './through-gateway.ts';

/** Where lists grow. */
export type Scene = Awaited<ReturnType<typeof growingScene>>;
interface Page {
  pageSize?: number;
  pageToken?: string;
}
type Reply = Promise<{ names: string[]; next: string }>;

/** A list that people can make as long as they like. */
export interface GrowingList {
  name: string;
  /** One page of what is in the university, by name. */
  ask(scene: Scene, page: Page): Reply;
  /** The same list of another project or tenant, asked for by who runs both. */
  elsewhere(scene: Scene, page: Page): Reply;
  add(scene: Scene, name: string): Promise<void>;
  remove(scene: Scene, name: string): Promise<void>;
  isNewestFirst: boolean;
  /** Whether what is taken back goes on being listed. */
  keepsAll?: boolean;
}

export const LISTS: GrowingList[] = [
  {
    name: 'the members of a project',
    isNewestFirst: false,
    ask: ({ ada, project }, page) => membersOf(ada.listProjectMembers({ project, page })),
    elsewhere: ({ ada, speech }, page) => membersOf(ada.listProjectMembers({ project: speech, page })),
    add: async ({ tenancy, ada, project }, name) => {
      const person = tenancy.person(name);
      const { secret } = await ada.inviteProjectMember({ project, email: emailOf(name), role: Role.MEMBER });
      await person.acceptInvitation({ secret });
    },
    remove: async ({ ada, project }, name) => {
      const { members } = await ada.listProjectMembers({ project, page: { pageSize: 500 } });
      const personId = members.find((member) => member.name === name)?.personId ?? '';
      await ada.removeProjectMember({ project, personId });
    },
  },
  {
    name: 'the people who run a tenant',
    isNewestFirst: false,
    ask: ({ ada, tenantId }, page) => membersOf(ada.listTenantAdmins({ tenantId, page })),
    elsewhere: ({ ada, schoolId }, page) => membersOf(ada.listTenantAdmins({ tenantId: schoolId, page })),
    add: async ({ tenancy, ada, tenantId }, name) => {
      const { secret } = await ada.inviteTenantAdmin({ tenantId, email: emailOf(name) });
      await tenancy.person(name).acceptInvitation({ secret });
    },
    remove: async ({ ada, tenantId }, name) => {
      const { members } = await ada.listTenantAdmins({ tenantId, page: { pageSize: 500 } });
      const personId = members.find((member) => member.name === name)?.personId ?? '';
      await ada.removeTenantAdmin({ tenantId, personId });
    },
  },
  {
    name: 'the invitations to a project',
    isNewestFirst: true,
    ask: ({ ada, project }, page) => invitationsOf(ada.listInvitations({ ...project, page })),
    elsewhere: ({ ada, speech }, page) => invitationsOf(ada.listInvitations({ ...speech, page })),
    add: async ({ ada, project }, name) => {
      await ada.inviteProjectMember({ project, email: emailOf(name), role: Role.VIEWER });
    },
    remove: async ({ ada, project }, name) => {
      const { invitations } = await ada.listInvitations({ ...project, page: { pageSize: 500 } });
      const id = invitations.find(({ email }) => email === emailOf(name))?.id ?? '';
      await ada.revokeInvitation({ ...project, id });
    },
  },
  {
    name: 'the invitations to run a tenant',
    isNewestFirst: true,
    ask: ({ ada, tenantId }, page) => invitationsOf(ada.listInvitations({ tenantId, page })),
    elsewhere: ({ ada, schoolId }, page) => invitationsOf(ada.listInvitations({ tenantId: schoolId, page })),
    add: async ({ ada, tenantId }, name) => {
      await ada.inviteTenantAdmin({ tenantId, email: emailOf(name) });
    },
    remove: async ({ ada, tenantId }, name) => {
      const { invitations } = await ada.listInvitations({ tenantId, page: { pageSize: 500 } });
      const id = invitations.find(({ email }) => email === emailOf(name))?.id ?? '';
      await ada.revokeInvitation({ tenantId, id });
    },
  },
  {
    name: 'the tokens of a project',
    isNewestFirst: true,
    keepsAll: true,
    ask: ({ ada, project }, page) => tokensOf(ada.listProjectTokens({ project, page })),
    elsewhere: ({ ada, speech }, page) => tokensOf(ada.listProjectTokens({ project: speech, page })),
    add: async ({ tenancy, otto, project }, name) => {
      const expiresAt = timestampFromDate(new Date(tenancy.clock.now().getTime() + 500));
      await otto.createProjectToken({ project, name, role: Role.VIEWER, expiresAt });
    },
    remove: async ({ ada, project }, name) => {
      const { tokens } = await ada.listProjectTokens({ project, page: { pageSize: 500 } });
      await ada.revokeProjectToken({ project, id: tokens.find((token) => token.name === name)?.id ?? '' });
    },
  },
];

/** A university with two projects and another tenant, all of them run by Ada. */
export async function growingScene(tenancy: TenancyUnderTest) {
  const there = await university(tenancy);
  const { ada, tenantId } = there;
  const speech = await projectWith(ada, tenantId, 'speech', { owner: tenancy.person('omar') });
  const { id: schoolId } = await tenantRunBy(tenancy, ada, 'school');
  return { ...there, tenancy, speech, schoolId };
}

const emailOf = (name: string): string => `${name}@example.org`;

const membersOf = async (reply: ReturnType<Actor['listProjectMembers']>): Reply => {
  const { members, page } = await reply;
  return { names: members.map(({ name }) => name), next: page?.nextPageToken ?? '' };
};

const tokensOf = async (reply: ReturnType<Actor['listProjectTokens']>): Reply => {
  const { tokens, page } = await reply;
  return { names: tokens.map(({ name }) => name), next: page?.nextPageToken ?? '' };
};

const invitationsOf = async (reply: ReturnType<Actor['listInvitations']>): Reply => {
  const { invitations, page } = await reply;
  return { names: invitations.map(({ email }) => email.split('@')[0] ?? ''), next: page?.nextPageToken ?? '' };
};
