import { describe, expect, it } from '@jest/globals';
import { inScope } from '@kontor/kit/tenant-scope';
import { codeOf, OPERATOR_TENANT, tenancyUnderTest } from '../testing/tenancy-under-test.ts';

describe("the operator's own tenant", () => {
  it("is there from the start, under the operator's name", async () => {
    await using tenancy = await tenancyUnderTest();
    const tenant = await tenancy.staff.getTenant({ tenantId: OPERATOR_TENANT });
    expect(tenant).toMatchObject({ id: OPERATOR_TENANT, slug: 'demo', parentId: '' });
    expect(await tenancy.staff.createTenant({ slug: 'demo', displayName: 'demo' })).toEqual(tenant);
    expect(await codeOf(tenancy.staff.createTenant({ slug: 'demo', displayName: 'Other' }))).toBe('tenant_exists');
    expect(await tenancy.journal(OPERATOR_TENANT)).toEqual([
      expect.objectContaining({ actor: 'tenancy', action: 'tenant.create' }),
    ]);
  });

  it('is made once, however often and however many replicas start', async () => {
    await using tenancy = await tenancyUnderTest();
    const replicas = await Promise.all([tenancy.start(), tenancy.start()]);
    await Promise.all(replicas.map((replica) => replica.close()));
    expect(await tenancy.journal(OPERATOR_TENANT)).toHaveLength(1);
  });

  it('has a first admin by invitation of staff, who need nothing else for that', async () => {
    await using tenancy = await tenancyUnderTest();
    const ada = tenancy.person('ada');
    const { secret } = await tenancy.staff.inviteTenantAdmin({ tenantId: OPERATOR_TENANT, email: 'ada@example.org' });
    await ada.acceptInvitation({ secret });
    const project = await ada.createProject({ tenantId: OPERATOR_TENANT, slug: 'sample', displayName: 'Sample' });
    expect(project).toMatchObject({ slug: 'sample' });
  });

  it('keeps the service from starting where another tenant at the top has its name', async () => {
    await using tenancy = await tenancyUnderTest();
    await inScope(tenancy.db, 'all', (tx) =>
      tx.query(`INSERT INTO tenant VALUES ($1, NULL, ARRAY[$1::uuid], 'taken', 'x', 1, 1, '2030-01-01')`, [
        '00000000-0000-5000-8000-000000000001',
      ]),
    );
    await expect(tenancy.start('taken')).rejects.toThrow('give the operator another name');
  });
});
