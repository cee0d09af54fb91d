import { describe, expect, it } from '@jest/globals';
import { Tenant_State as State } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid5, uuid7 } from '@kontor/kit/id';
import { projectWith, referenceOf, tenantRunBy, university } from '../testing/story.ts';
import { codeOf, OPERATOR_TENANT, tenancyUnderTest } from '../testing/tenancy-under-test.ts';
import type { Actor } from '../testing/through-gateway.ts';

describe('a tenant', () => {
  it('is created once, however often it is sent, and its id follows from its place', async () => {
    await using tenancy = await tenancyUnderTest();
    const request = { slug: 'ministry', displayName: 'Ministry of Science' };
    const all = await Promise.all(Array.from({ length: 5 }, () => tenancy.staff.createTenant(request)));
    const tenant = await tenancy.staff.createTenant(request);
    expect(all).toEqual(all.map(() => tenant));
    expect(tenant).toMatchObject({ ...request, parentId: '', state: State.ACTIVE, resourceVersion: 1n });
    expect(tenant.id).toBe(uuid5('tenant', 'top', 'ministry'));
    expect(await tenancy.journal(tenant.id)).toEqual([
      {
        actor: await referenceOf(tenancy, tenancy.staff),
        action: 'tenant.create',
        subject: tenant.id,
        tenant_id: tenant.id,
        before: null,
        after: { parentId: null, slug: 'ministry', displayName: 'Ministry of Science' },
      },
    ]);
  });

  it('can be under another one, where its slug is its own', async () => {
    await using tenancy = await tenancyUnderTest();
    const [a, b] = [await create(tenancy.staff, 'a'), await create(tenancy.staff, 'b')];
    const [ax, bx] = [await create(tenancy.staff, 'x', a.id), await create(tenancy.staff, 'x', b.id)];
    expect(ax).toMatchObject({ slug: 'x', parentId: a.id, id: uuid5('tenant', a.id, 'x') });
    expect(bx.id).not.toBe(ax.id);
  });

  it('of the same place and slug but another name is refused', async () => {
    await using tenancy = await tenancyUnderTest();
    await create(tenancy.staff, 'ministry');
    const other = tenancy.staff.createTenant({ slug: 'ministry', displayName: 'Another' });
    expect(await codeOf(other)).toBe('tenant_exists');
  });

  it('cannot be under one that there is not', async () => {
    await using tenancy = await tenancyUnderTest();
    expect(await codeOf(create(tenancy.staff, 'x', uuid7()))).toBe('tenant_not_found');
  });

  it('can be eight deep and no deeper', async () => {
    await using tenancy = await tenancyUnderTest();
    let parentId = '';
    for (let depth = 1; depth <= 8; depth++) parentId = (await create(tenancy.staff, `level-${depth}`, parentId)).id;
    expect(await codeOf(create(tenancy.staff, 'level-9', parentId))).toBe('tenant_too_deep');
  });

  it.each([
    ['a slug with capitals', { slug: 'Ministry' }],
    ['a slug that ends in a dash', { slug: 'ministry-' }],
    ['a slug that is too long', { slug: 'x'.repeat(64) }],
    ['no slug', { slug: '' }],
    ['no name', { displayName: '' }],
    ['a name that is too long', { displayName: 'x'.repeat(201) }],
    ['a parent that is no UUID', { parentId: 'ministry' }],
  ])('with %s is refused', async (_, wrong) => {
    await using tenancy = await tenancyUnderTest();
    const request = { slug: 'ministry', displayName: 'Ministry', ...wrong };
    expect(await codeOf(tenancy.staff.createTenant(request))).toBe('invalid_request');
    expect((await tenancy.staff.listTenants({})).tenants).toHaveLength(1);
  });

  it('is shown to those who belong to it, and is not there for anybody else', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada, vera, eve } = await university(tenancy);
    for (const actor of [ada, vera, tenancy.staff, tenancy.auditor]) {
      expect(await actor.getTenant({ tenantId })).toMatchObject({ id: tenantId, slug: 'university' });
    }
    expect(await codeOf(eve.getTenant({ tenantId }))).toBe('tenant_not_found');
    expect(await codeOf(tenancy.staff.getTenant({ tenantId: uuid7() }))).toBe('tenant_not_found');
  });
});

describe('the list of tenants', () => {
  it('has for each their own, with what is below those they run', async () => {
    await using tenancy = await tenancyUnderTest();
    const [ada, bob, mia] = [tenancy.person('ada'), tenancy.person('bob'), tenancy.person('mia')];
    const top = await tenantRunBy(tenancy, ada, 'ministry');
    const below = await tenantRunBy(tenancy, bob, 'school', top.id);
    const beside = await tenantRunBy(tenancy, tenancy.person('carl'), 'company');
    await projectWith(bob, below.id, 'maths', { members: [mia] });
    await projectWith(ada, top.id, 'budget', { viewers: [mia] });
    const ids = async (actor: Actor) => (await actor.listTenants({})).tenants.map(({ id }) => id);
    expect(await ids(ada)).toEqual([top.id, below.id]);
    expect(await ids(bob)).toEqual([below.id]);
    expect(await ids(mia)).toEqual([top.id, below.id]);
    expect(await ids(tenancy.person('eve'))).toEqual([]);
    const all = [beside.id, OPERATOR_TENANT, top.id, below.id];
    expect(await ids(tenancy.staff)).toEqual(all);
    expect(await ids(tenancy.auditor)).toEqual(all);
  });

  it('comes in pages by slug that miss none and show none twice', async () => {
    await using tenancy = await tenancyUnderTest();
    const [a, b] = [await create(tenancy.staff, 'a'), await create(tenancy.staff, 'b')];
    for (const slug of ['x', 'y']) for (const { id } of [a, b]) await create(tenancy.staff, slug, id);
    const slugs: string[] = [];
    let pageToken = '';
    do {
      const { tenants, page } = await tenancy.staff.listTenants({ page: { pageSize: 2, pageToken } });
      slugs.push(...tenants.map(({ slug }) => slug));
      pageToken = page?.nextPageToken ?? '';
    } while (pageToken);
    expect(slugs).toEqual(['a', 'b', 'demo', 'x', 'x', 'y', 'y']);
    const wrong = tenancy.staff.listTenants({ page: { pageToken: 'nonsense' } });
    expect(await codeOf(wrong)).toBe('page_token_invalid');
  });
});

describe('the suspension of a tenant', () => {
  it('is known to all who see it, ends when it is resumed, and is recorded with its reason', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada, otto, project } = await university(tenancy);
    const suspended = await tenancy.staff.suspendTenant({ tenantId, reason: 'unpaid' });
    expect(suspended).toMatchObject({ state: State.SUSPENDED, resourceVersion: 2n });
    expect(await ada.getTenant({ tenantId })).toEqual(suspended);
    expect(await codeOf(ada.createProject({ tenantId, slug: 'new', displayName: 'New' }))).toBe('not_allowed');
    const update = otto.updateProject({ project, resourceVersion: 2n, displayName: 'New' });
    expect(await codeOf(update)).toBe('not_allowed');
    expect(await tenancy.staff.suspendTenant({ tenantId, reason: 'again' })).toEqual(suspended);
    expect(await tenancy.staff.resumeTenant({ tenantId })).toMatchObject({ state: State.ACTIVE, resourceVersion: 3n });
    expect(await codeOf(ada.createProject({ tenantId, slug: 'new', displayName: 'New' }))).toBe('ok');
    const entries = (await tenancy.journal(tenantId)).slice(1);
    expect(entries.map(({ action, before, after }) => [action, before, after])).toEqual([
      ['tenant.suspend', { state: 'ACTIVE' }, { state: 'SUSPENDED', reason: 'unpaid' }],
      ['tenant.resume', { state: 'SUSPENDED' }, { state: 'ACTIVE' }],
    ]);
  });

  it('lets those who ran it look at all that they could see, and at nothing more', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada, otto, project } = await university(tenancy);
    await ada.inviteTenantAdmin({ tenantId, email: 'new@example.org' });
    await tenancy.staff.suspendTenant({ tenantId, reason: 'unpaid' });
    expect((await ada.listProjects({ tenantId })).projects).toHaveLength(1);
    expect((await ada.listTenantAdmins({ tenantId })).members).toHaveLength(1);
    expect((await ada.listInvitations({ tenantId })).invitations).toHaveLength(1);
    expect(await codeOf(ada.listInvitations({ ...project }))).toBe('ok');
    expect(await codeOf(ada.listProjectTokens({ project }))).toBe('ok');
    expect(await codeOf(otto.listProjects({ tenantId }))).toBe('not_allowed');
    expect(await codeOf(ada.inviteTenantAdmin({ tenantId, email: 'other@example.org' }))).toBe('not_allowed');
  });

  it('takes a reason', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId } = await university(tenancy);
    expect(await codeOf(tenancy.staff.suspendTenant({ tenantId, reason: '' }))).toBe('invalid_request');
    expect(await codeOf(tenancy.staff.suspendTenant({ tenantId: uuid7(), reason: 'x' }))).toBe('tenant_not_found');
    expect(await codeOf(tenancy.staff.resumeTenant({ tenantId: uuid7() }))).toBe('tenant_not_found');
  });
});

const create = (staff: Actor, slug: string, parentId = '') => staff.createTenant({ parentId, slug, displayName: slug });
