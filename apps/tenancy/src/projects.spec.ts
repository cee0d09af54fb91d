import { describe, expect, it } from '@jest/globals';
import { Project_State as State } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid5, uuid7 } from '@kontor/kit/id';
import { idOf, projectWith, referenceOf, tenantRunBy, university } from '../testing/story.ts';
import { codeOf, OPERATOR_TENANT, tenancyUnderTest } from '../testing/tenancy-under-test.ts';
import type { Actor } from '../testing/through-gateway.ts';

describe('a project', () => {
  it('is created once, however often it is sent, and has no owner yet', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada } = await university(tenancy);
    const request = { tenantId, slug: 'speech', displayName: 'Speech' };
    const all = await Promise.all(Array.from({ length: 5 }, () => ada.createProject(request)));
    const projectId = uuid5('project', tenantId, 'speech');
    expect(all).toEqual(all.map(() => all[0]));
    expect(all[0]).toMatchObject({
      project: { tenantId, projectId },
      slug: 'speech',
      displayName: 'Speech',
      state: State.ACTIVE,
      ownerId: '',
    });
    expect(await tenancy.journal(projectId)).toEqual([
      {
        actor: await referenceOf(tenancy, ada),
        action: 'project.create',
        subject: projectId,
        tenant_id: tenantId,
        before: null,
        after: { slug: 'speech', displayName: 'Speech' },
      },
    ]);
  });

  it('of the same slug but another name is refused, and in another tenant is another one', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada, project } = await university(tenancy);
    expect(await codeOf(ada.createProject({ tenantId, slug: 'vision', displayName: 'Other' }))).toBe('project_exists');
    const other = await tenancy.staff.createProject({
      tenantId: OPERATOR_TENANT,
      slug: 'vision',
      displayName: 'vision',
    });
    expect(other.project?.projectId).not.toBe(project.projectId);
  });

  it('is refused with a slug that is none, and in a tenant that there is not', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada } = await university(tenancy);
    for (const slug of ['', 'Speech', '-speech', 'a b', 'x'.repeat(64)]) {
      expect(await codeOf(ada.createProject({ tenantId, slug, displayName: 'x' }))).toBe('invalid_request');
    }
    const nowhere = { tenantId: uuid7(), slug: 'x', displayName: 'x' };
    expect(await codeOf(ada.createProject(nowhere))).toBe('tenant_not_found');
    expect(await codeOf(tenancy.staff.createProject(nowhere))).toBe('tenant_not_found');
  });

  it('is shown to its people, to those who run the tenant and to those who see everything', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto, mia, vera, eve } = await university(tenancy);
    for (const actor of [ada, otto, mia, vera, tenancy.staff, tenancy.auditor]) {
      expect(await actor.getProject({ project })).toMatchObject({ slug: 'vision', ownerId: await idOf(tenancy, otto) });
    }
    expect(await codeOf(eve.getProject({ project }))).toBe('project_not_found');
    const elsewhere = { tenantId: OPERATOR_TENANT, projectId: project.projectId };
    for (const actor of [otto, tenancy.staff]) {
      expect(await codeOf(actor.getProject({ project: elsewhere }))).toBe('project_not_found');
    }
  });

  it('changes its name for its owner or an admin, but not from an old version', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto, mia } = await university(tenancy);
    const rename = (actor: Actor, displayName: string, resourceVersion: bigint) =>
      actor.updateProject({ project, displayName, resourceVersion });
    const { resourceVersion } = await otto.getProject({ project });
    const renamed = await rename(otto, 'Sight', resourceVersion);
    expect(renamed).toMatchObject({ displayName: 'Sight', resourceVersion: resourceVersion + 1n });
    expect(await codeOf(rename(ada, 'Eyes', resourceVersion))).toBe('stale_version');
    expect(await rename(ada, 'Sight', resourceVersion + 1n)).toEqual(renamed);
    expect(await codeOf(rename(mia, 'Mine', resourceVersion + 1n))).toBe('not_allowed');
    const [update, ...more] = (await tenancy.journal(project.projectId)).slice(1);
    expect(update).toMatchObject({ before: { displayName: 'vision' }, after: { displayName: 'Sight' } });
    expect(more).toEqual([]);
  });

  it('is suspended and resumed by those who run the tenant, and its people only look meanwhile', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto } = await university(tenancy);
    expect(await codeOf(otto.suspendProject({ project, reason: 'x' }))).toBe('not_allowed');
    expect(await ada.suspendProject({ project, reason: 'holidays' })).toMatchObject({ state: State.SUSPENDED });
    expect(await otto.getProject({ project })).toMatchObject({ state: State.SUSPENDED });
    expect(await codeOf(otto.transferProject({ project, ownerId: uuid7() }))).toBe('not_allowed');
    expect(await ada.suspendProject({ project, reason: 'again' })).toMatchObject({ resourceVersion: 3n });
    expect(await tenancy.staff.resumeProject({ project })).toMatchObject({ state: State.ACTIVE, resourceVersion: 4n });
    const entries = (await tenancy.journal(project.projectId)).slice(1);
    expect(entries.map(({ action, after }) => [action, after])).toEqual([
      ['project.suspend', { state: 'SUSPENDED', reason: 'holidays' }],
      ['project.resume', { state: 'ACTIVE' }],
    ]);
  });
});

describe('a project that operator staff suspended', () => {
  it('is resumed by them alone, and says so', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto } = await university(tenancy);
    const suspended = await tenancy.staff.suspendProject({ project, reason: 'fraud' });
    expect(suspended).toMatchObject({ state: State.SUSPENDED, suspendedByOperator: true });
    expect(await otto.getProject({ project })).toEqual(suspended);
    await expect(ada.resumeProject({ project })).rejects.toMatchObject({
      code: 'suspended_by_operator',
      help: 'Ask operator staff to resume it.',
    });
    expect(await ada.suspendProject({ project, reason: 'holidays' })).toEqual(suspended);
    const resumed = await tenancy.staff.resumeProject({ project });
    expect(resumed).toMatchObject({ state: State.ACTIVE, suspendedByOperator: false });
    expect(await ada.resumeProject({ project })).toEqual(resumed);
    expect(await ada.suspendProject({ project, reason: 'holidays' })).toMatchObject({ suspendedByOperator: false });
    expect(await codeOf(ada.resumeProject({ project }))).toBe('ok');
  });

  it('is theirs also where the tenant had suspended it before, and both are on record', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada } = await university(tenancy);
    await ada.suspendProject({ project, reason: 'holidays' });
    const { resourceVersion } = await tenancy.staff.suspendProject({ project, reason: 'fraud' });
    expect(await tenancy.staff.suspendProject({ project, reason: 'again' })).toMatchObject({ resourceVersion });
    expect(await codeOf(ada.resumeProject({ project }))).toBe('suspended_by_operator');
    const entries = (await tenancy.journal(project.projectId)).slice(1);
    expect(entries.map(({ before, after }) => [before, after])).toEqual([
      [{ state: 'ACTIVE' }, { state: 'SUSPENDED', reason: 'holidays' }],
      [{ state: 'SUSPENDED' }, { state: 'SUSPENDED', reason: 'fraud', byOperator: true }],
    ]);
    expect(await tenancy.count()).toContain('journal complete');
  });
});

describe('the owner of a project', () => {
  it('hands it over to a member, and stays one', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, vera } = await university(tenancy);
    const before = await otto.getProject({ project });
    const ownerId = await idOf(tenancy, vera);
    const after = await otto.transferProject({ project, ownerId });
    expect(after).toMatchObject({ ownerId, resourceVersion: before.resourceVersion + 1n });
    expect(await codeOf(otto.transferProject({ project, ownerId }))).toBe('not_allowed');
    expect(await vera.transferProject({ project, ownerId })).toEqual(after);
    const { members } = await vera.listProjectMembers({ project });
    expect(members.map(({ name, role }) => [name, role])).toEqual([
      ['otto', 3],
      ['mia', 3],
      ['vera', 2],
    ]);
    const entries = (await tenancy.journal(project.projectId)).filter(({ action }) => action === 'project.transfer');
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      before: { owner: await referenceOf(tenancy, otto) },
      after: { owner: await referenceOf(tenancy, vera) },
    });
  });

  it('cannot be somebody who is no member', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, eve } = await university(tenancy);
    const transfer = otto.transferProject({ project, ownerId: await idOf(tenancy, eve) });
    expect(await codeOf(transfer)).toBe('not_a_member');
    expect(await otto.getProject({ project })).toMatchObject({ ownerId: await idOf(tenancy, otto) });
  });

  it('is one, however many are made owner at the same time', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, mia, vera } = await university(tenancy);
    const ids = [await idOf(tenancy, mia), await idOf(tenancy, vera)];
    await Promise.all(ids.map((ownerId) => ada.transferProject({ project, ownerId })));
    const { members } = await ada.listProjectMembers({ project });
    expect(members.filter(({ role }) => role === 2)).toHaveLength(1);
  });
});

describe('the list of projects', () => {
  it('of a tenant is for those who run it, in pages by slug', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada, otto, eve } = await university(tenancy);
    for (const slug of ['speech', 'audio', 'robots']) await ada.createProject({ tenantId, slug, displayName: slug });
    const first = await ada.listProjects({ tenantId, page: { pageSize: 3 } });
    const second = await ada.listProjects({
      tenantId,
      page: { pageSize: 3, pageToken: first.page?.nextPageToken ?? '' },
    });
    const slugs = [...first.projects, ...second.projects].map(({ slug }) => slug);
    expect(slugs).toEqual(['audio', 'robots', 'speech', 'vision']);
    expect(second.page?.nextPageToken).toBe('');
    expect(await codeOf(otto.listProjects({ tenantId }))).toBe('not_allowed');
    expect(await codeOf(eve.listProjects({ tenantId }))).toBe('tenant_not_found');
    expect((await tenancy.auditor.listProjects({ tenantId })).projects).toHaveLength(4);
    const wrong = ada.listProjects({ tenantId, page: { pageToken: 'x' } });
    expect(await codeOf(wrong)).toBe('page_token_invalid');
  });

  it('of a person has those they are a member of, in every tenant', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, mia, eve } = await university(tenancy);
    const bob = tenancy.person('bob');
    const company = await tenantRunBy(tenancy, bob, 'company');
    const there = await projectWith(bob, company.id, 'chips', { owner: mia });
    await projectWith(bob, company.id, 'secret');
    const speech = await projectWith(ada, tenantId, 'speech', { viewers: [mia] });
    const found: string[] = [];
    let pageToken = '';
    do {
      const { projects, page } = await mia.listMyProjects({ page: { pageSize: 1, pageToken } });
      found.push(...projects.map((each) => each.project?.projectId ?? ''));
      pageToken = page?.nextPageToken ?? '';
    } while (pageToken);
    expect(found.toSorted()).toEqual([project, speech, there].map(({ projectId }) => projectId).toSorted());
    expect((await ada.listMyProjects({})).projects).toEqual([]);
    expect((await eve.listMyProjects({})).projects).toEqual([]);
    const owners = (await mia.listMyProjects({})).projects.map(({ ownerId }) => ownerId !== '');
    expect(owners.filter(Boolean)).toHaveLength(2);
  });
});
