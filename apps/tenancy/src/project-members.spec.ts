import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid7 } from '@kontor/kit/id';
import { emailOf, idOf, referenceOf, university } from '../testing/story.ts';
import { codeOf, OPERATOR_TENANT, tenancyUnderTest } from '../testing/tenancy-under-test.ts';

describe('the members of a project', () => {
  it('are shown with their names to all who see the project, those who came first, first', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, vera, eve } = await university(tenancy);
    for (const actor of [ada, vera, tenancy.staff, tenancy.auditor]) {
      const { members } = await actor.listProjectMembers({ project });
      expect(members.map(({ name, email, role }) => [name, email, Role[role]])).toEqual(
        expect.arrayContaining([
          ['otto', 'otto@example.org', 'OWNER'],
          ['mia', 'mia@example.org', 'MEMBER'],
          ['vera', 'vera@example.org', 'VIEWER'],
        ]),
      );
      expect(members).toHaveLength(3);
      expect(members[0]).toMatchObject({ ...project, tenantId });
    }
    expect(await codeOf(eve.listProjectMembers({ project }))).toBe('project_not_found');
    const elsewhere = { tenantId: OPERATOR_TENANT, projectId: project.projectId };
    expect(await codeOf(tenancy.staff.listProjectMembers({ project: elsewhere }))).toBe('project_not_found');
  });

  it('may more or less from now on, and the journal says who said so', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, vera } = await university(tenancy);
    const personId = await idOf(tenancy, vera);
    const member = await otto.setProjectMember({ project, personId, role: Role.MEMBER });
    expect(member).toMatchObject({ personId, role: Role.MEMBER, name: 'vera' });
    expect(await otto.setProjectMember({ project, personId, role: Role.MEMBER })).toEqual(member);
    const reference = await referenceOf(tenancy, vera);
    const entries = (await tenancy.journal(project.projectId)).slice(1);
    expect(entries).toEqual([
      expect.objectContaining({
        actor: await referenceOf(tenancy, otto),
        action: 'project.set-member',
        before: { member: reference, role: 'VIEWER' },
        after: { member: reference, role: 'MEMBER' },
      }),
    ]);
  });

  it.each([
    ['an owner', Role.OWNER],
    ['an admin', Role.TENANT_ADMIN],
    ['nothing', Role.UNSPECIFIED],
    ['a role that there is not', 9 as Role],
  ])('cannot be made %s that way', async (_, role) => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, vera } = await university(tenancy);
    const set = otto.setProjectMember({ project, personId: await idOf(tenancy, vera), role });
    expect(await codeOf(set)).toBe('invalid_request');
  });

  it('leave when they are removed, and see nothing any more', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, mia } = await university(tenancy);
    const personId = await idOf(tenancy, mia);
    await ada.removeProjectMember({ project, personId });
    expect(await codeOf(mia.getProject({ project }))).toBe('project_not_found');
    expect(await codeOf(ada.removeProjectMember({ project, personId }))).toBe('member_not_found');
    expect((await tenancy.journal(project.projectId)).slice(1)).toEqual([
      expect.objectContaining({
        action: 'project.remove-member',
        before: { member: await referenceOf(tenancy, mia), role: 'MEMBER' },
        after: null,
      }),
    ]);
  });

  it('leave when they want to, once, also while work in the project rests', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto, mia, vera } = await university(tenancy);
    const { secret } = await otto.inviteProjectMember({ project, email: emailOf(vera), role: Role.MEMBER });
    expect(await vera.leaveProject({ project })).toMatchObject({});
    expect(await codeOf(vera.getProject({ project }))).toBe('project_not_found');
    expect(await codeOf(vera.leaveProject({ project }))).toBe('project_not_found');
    expect(await codeOf(vera.acceptInvitation({ secret }))).toBe('invitation_revoked');
    const member = await referenceOf(tenancy, vera);
    expect((await tenancy.journal(project.projectId)).slice(1)).toEqual([
      expect.objectContaining({
        actor: member,
        action: 'project.leave',
        before: { member, role: 'VIEWER' },
        after: null,
      }),
    ]);
    await ada.suspendProject({ project, reason: 'holidays' });
    expect(await codeOf(mia.leaveProject({ project }))).toBe('ok');
    expect((await ada.listProjectMembers({ project })).members.map(({ name }) => name)).toEqual(['otto']);
    expect(await tenancy.count()).toContain('journal complete');
  });

  it('are not left by their owner, nor by who only runs the tenant, nor by a program', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto, eve } = await university(tenancy);
    const expiresAt = timestampFromDate(new Date(tenancy.clock.now().getTime() + 60_000));
    const { secret } = await otto.createProjectToken({ project, name: 'x', role: Role.MEMBER, expiresAt });
    expect(await codeOf(otto.leaveProject({ project }))).toBe('owner_stays');
    expect(await codeOf(ada.leaveProject({ project }))).toBe('member_not_found');
    expect(await codeOf(tenancy.program(secret).leaveProject({ project }))).toBe('member_not_found');
    expect(await codeOf(tenancy.staff.leaveProject({ project }))).toBe('not_allowed');
    expect(await codeOf(eve.leaveProject({ project }))).toBe('project_not_found');
  });

  it('are changed by the owner and those who run the tenant alone', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, mia, vera, eve } = await university(tenancy);
    const personId = await idOf(tenancy, vera);
    const codes = await Promise.all(
      [mia, vera, tenancy.staff, tenancy.auditor, eve].map(async (actor) => [
        await codeOf(actor.setProjectMember({ project, personId, role: Role.MEMBER })),
        await codeOf(actor.removeProjectMember({ project, personId })),
      ]),
    );
    expect(codes.slice(0, 4).flat()).toEqual(Array.from({ length: 8 }, () => 'not_allowed'));
    expect(codes[4]).toEqual(['project_not_found', 'project_not_found']);
  });

  it('never lose their owner that way', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto } = await university(tenancy);
    const personId = await idOf(tenancy, otto);
    expect(await codeOf(ada.setProjectMember({ project, personId, role: Role.VIEWER }))).toBe('owner_stays');
    expect(await codeOf(ada.removeProjectMember({ project, personId }))).toBe('owner_stays');
  });

  it('have an owner, whoever is removed while the project is handed over', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto, mia } = await university(tenancy);
    const ids = [await idOf(tenancy, otto), await idOf(tenancy, mia)];
    for (let round = 0; round < 6; round++) {
      const [owner = '', other = ''] = round % 2 ? ids.toReversed() : ids;
      const codes = await Promise.all([
        codeOf(ada.transferProject({ project, ownerId: other })),
        codeOf(ada.removeProjectMember({ project, personId: other })),
      ]);
      expect([
        ['ok', 'owner_stays'],
        ['not_a_member', 'ok'],
      ]).toContainEqual(codes);
      if (codes[1] === 'ok') {
        expect(await ada.getProject({ project })).toMatchObject({ ownerId: owner });
        return;
      }
    }
  });

  it('that there are not can be neither changed nor removed', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, eve } = await university(tenancy);
    for (const personId of [uuid7(), await idOf(tenancy, eve)]) {
      const set = ada.setProjectMember({ project, personId, role: Role.MEMBER });
      expect(await codeOf(set)).toBe('member_not_found');
      expect(await codeOf(ada.removeProjectMember({ project, personId }))).toBe('member_not_found');
    }
  });
});
