import { describe, expect, it } from '@jest/globals';
import { uuid7 } from '@kontor/kit/id';
import { codeOf, tenancyUnderTest, type TenancyUnderTest } from '../testing/tenancy-under-test.ts';
import { inScope } from '@kontor/kit/tenant-scope';
import { TenantRow } from './tables.ts';

describe('a tenant that changes', () => {
  it('gets a new name, and the journal says which it had', async () => {
    await using tenancy = await tenancyUnderTest();
    const { a } = await tree(tenancy);
    const changed = await tenancy.staff.updateTenant({ tenantId: a.id, resourceVersion: 1n, displayName: 'New' });
    expect(changed).toMatchObject({ displayName: 'New', parentId: '', resourceVersion: 2n });
    expect((await tenancy.journal(a.id)).at(-1)).toMatchObject({
      action: 'tenant.update',
      before: { displayName: 'a', parentId: null },
      after: { displayName: 'New', parentId: null },
    });
  });

  it('that somebody else has changed since is left as it is, and both versions are named', async () => {
    await using tenancy = await tenancyUnderTest();
    const { a } = await tree(tenancy);
    const change = (displayName: string) =>
      tenancy.staff.updateTenant({ tenantId: a.id, resourceVersion: 1n, displayName });
    const answers = await Promise.allSettled([change('one'), change('two')]);
    const [refused] = answers.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(refused?.reason).toMatchObject({
      code: 'stale_version',
      detail: 'The tenant is at version 2 by now, and the change is to version 1.',
    });
  });

  it('in nothing is written down nowhere', async () => {
    await using tenancy = await tenancyUnderTest();
    const { ax, a } = await tree(tenancy);
    const same = await tenancy.staff.updateTenant({
      tenantId: ax.id,
      resourceVersion: 1n,
      displayName: 'x',
      parentId: a.id,
    });
    expect(same).toEqual(ax);
    expect(await tenancy.journal(ax.id)).toHaveLength(1);
  });

  it('that there is not is said to be none', async () => {
    await using tenancy = await tenancyUnderTest();
    const update = tenancy.staff.updateTenant({ tenantId: uuid7(), resourceVersion: 1n, displayName: 'x' });
    expect(await codeOf(update)).toBe('tenant_not_found');
  });
});

describe('a tenant that moves', () => {
  it('takes all below it along, and comes back to the top', async () => {
    await using tenancy = await tenancyUnderTest();
    const { a, ax, axy, b } = await tree(tenancy);
    const moved = await tenancy.staff.updateTenant({ tenantId: ax.id, resourceVersion: 1n, parentId: b.id });
    expect(moved).toMatchObject({ id: ax.id, parentId: b.id, resourceVersion: 2n });
    expect(await pathOf(tenancy, axy.id)).toEqual([b.id, ax.id, axy.id]);
    await tenancy.staff.updateTenant({ tenantId: ax.id, resourceVersion: 2n, parentId: '' });
    expect(await pathOf(tenancy, axy.id)).toEqual([ax.id, axy.id]);
    expect(await pathOf(tenancy, a.id)).toEqual([a.id]);
  });

  it('and gets a new name has changed once', async () => {
    await using tenancy = await tenancyUnderTest();
    const { ax, axy, b } = await tree(tenancy);
    const change = { tenantId: ax.id, resourceVersion: 1n, displayName: 'New', parentId: b.id };
    expect(await tenancy.staff.updateTenant(change)).toMatchObject({ displayName: 'New', parentId: b.id });
    expect(await pathOf(tenancy, axy.id)).toEqual([b.id, ax.id, axy.id]);
    expect(await tenancy.journal(ax.id)).toHaveLength(2);
    expect(await tenancy.count()).toContain('journal complete');
  });

  it('leaves its place to nobody: the id of that place is its own for ever', async () => {
    await using tenancy = await tenancyUnderTest();
    const { a, ax, b } = await tree(tenancy);
    await tenancy.staff.updateTenant({ tenantId: ax.id, resourceVersion: 1n, parentId: b.id });
    const again = tenancy.staff.createTenant({ parentId: a.id, slug: 'x', displayName: 'x' });
    expect(await codeOf(again)).toBe('tenant_exists');
    const there = tenancy.staff.createTenant({ parentId: b.id, slug: 'x', displayName: 'x' });
    expect(await codeOf(there)).toBe('tenant_exists');
  });

  it('cannot come under itself, nor under what is below it', async () => {
    await using tenancy = await tenancyUnderTest();
    const { a, ax, axy } = await tree(tenancy);
    for (const { id } of [a, ax, axy]) {
      const update = tenancy.staff.updateTenant({ tenantId: a.id, resourceVersion: 1n, parentId: id });
      expect(await codeOf(update)).toBe('tenant_cycle');
    }
    expect(await pathOf(tenancy, axy.id)).toEqual([a.id, ax.id, axy.id]);
  });

  it('cannot make a circle with another one that moves at the same time', async () => {
    await using tenancy = await tenancyUnderTest();
    for (let round = 0; round < 5; round++) {
      const [one, two] = [await create(tenancy, `one-${round}`), await create(tenancy, `two-${round}`)];
      const move = (tenantId: string, parentId: string) =>
        codeOf(tenancy.staff.updateTenant({ tenantId, resourceVersion: 1n, parentId }));
      const codes = await Promise.all([move(one.id, two.id), move(two.id, one.id)]);
      expect(codes.toSorted()).toEqual(['ok', 'tenant_cycle']);
    }
  });

  it('cannot come where its slug is taken, nor where there is nothing', async () => {
    await using tenancy = await tenancyUnderTest();
    const { ax, b } = await tree(tenancy);
    await create(tenancy, 'x', b.id);
    const move = (parentId: string) => tenancy.staff.updateTenant({ tenantId: ax.id, resourceVersion: 1n, parentId });
    expect(await codeOf(move(b.id))).toBe('tenant_exists');
    expect(await codeOf(move(uuid7()))).toBe('tenant_not_found');
  });

  it('cannot bring what is below it too deep', async () => {
    await using tenancy = await tenancyUnderTest();
    const { a, axy } = await tree(tenancy);
    let deep = await create(tenancy, 'deep');
    for (let depth = 2; depth <= 6; depth++) deep = await create(tenancy, `deep-${depth}`, deep.id);
    const move = (tenantId: string) =>
      codeOf(tenancy.staff.updateTenant({ tenantId, resourceVersion: 1n, parentId: deep.id }));
    expect(await move(a.id)).toBe('tenant_too_deep');
    expect(await move(axy.id)).toBe('ok');
  });
});

const create = (tenancy: TenancyUnderTest, slug: string, parentId = '') =>
  tenancy.staff.createTenant({ parentId, slug, displayName: slug });

/** a over x over y, and b beside a. */
async function tree(tenancy: TenancyUnderTest) {
  const [a, b] = [await create(tenancy, 'a'), await create(tenancy, 'b')];
  const ax = await create(tenancy, 'x', a.id);
  return { a, b, ax, axy: await create(tenancy, 'y', ax.id) };
}

const pathOf = (tenancy: TenancyUnderTest, id: string) =>
  inScope(tenancy.db, 'all', async (tx) => (await tx.findOneByOrFail(TenantRow, { id })).path);
