import { describe, expect, it } from '@jest/globals';
import { Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid7 } from '@kontor/kit/id';
import { emailOf, idOf, referenceOf, university } from '../testing/story.ts';
import { codeOf, OPERATOR_TENANT, tenancyUnderTest } from '../testing/tenancy-under-test.ts';

describe('those who run a tenant', () => {
  it('are shown to each other, staff and auditors', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada, otto, eve } = await university(tenancy);
    for (const actor of [ada, tenancy.staff, tenancy.auditor]) {
      const { members } = await actor.listTenantAdmins({ tenantId });
      expect(members).toEqual([
        expect.objectContaining({
          tenantId,
          projectId: '',
          personId: await idOf(tenancy, ada),
          role: Role.TENANT_ADMIN,
          name: 'ada',
          email: 'ada@example.org',
        }),
      ]);
    }
    expect(await codeOf(otto.listTenantAdmins({ tenantId }))).toBe('not_allowed');
    expect(await codeOf(eve.listTenantAdmins({ tenantId }))).toBe('tenant_not_found');
    expect(await codeOf(tenancy.staff.listTenantAdmins({ tenantId: uuid7() }))).toBe('tenant_not_found');
  });

  it('leave when one of them or staff says so, and run nothing then', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada, bob } = await twoAdmins();
    await ada.removeTenantAdmin({ tenantId, personId: await idOf(tenancy, bob) });
    expect(await codeOf(bob.listTenantAdmins({ tenantId }))).toBe('tenant_not_found');
    expect((await tenancy.journal(tenantId)).slice(1)).toEqual([
      expect.objectContaining({
        actor: await referenceOf(tenancy, ada),
        action: 'tenant.remove-admin',
        before: { admin: await referenceOf(tenancy, bob) },
      }),
    ]);

    async function twoAdmins() {
      const { tenantId, ada } = await university(tenancy);
      const bob = tenancy.person('bob');
      const { secret } = await ada.inviteTenantAdmin({ tenantId, email: emailOf(bob) });
      await bob.acceptInvitation({ secret });
      return { tenantId, ada, bob };
    }
  });

  it('never leave the tenant to nobody, also when two remove each other at the same time', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada } = await university(tenancy);
    const bob = tenancy.person('bob');
    const [adaId, bobId] = [await idOf(tenancy, ada), await idOf(tenancy, bob)];
    expect(await codeOf(ada.removeTenantAdmin({ tenantId, personId: adaId }))).toBe('last_admin_stays');
    const { secret } = await ada.inviteTenantAdmin({ tenantId, email: emailOf(bob) });
    await bob.acceptInvitation({ secret });
    const remove = (personId: string) => codeOf(tenancy.staff.removeTenantAdmin({ tenantId, personId }));
    expect((await Promise.all([remove(adaId), remove(bobId)])).toSorted()).toEqual(['last_admin_stays', 'ok']);
    expect((await tenancy.staff.listTenantAdmins({ tenantId })).members).toHaveLength(1);
  });

  it('are not removed by others, nor those who run nothing', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, ada, otto, eve } = await university(tenancy);
    const personId = await idOf(tenancy, ada);
    expect(await codeOf(otto.removeTenantAdmin({ tenantId, personId }))).toBe('not_allowed');
    expect(await codeOf(eve.removeTenantAdmin({ tenantId, personId }))).toBe('tenant_not_found');
    const nobody = { tenantId, personId: await idOf(tenancy, otto) };
    expect(await codeOf(ada.removeTenantAdmin(nobody))).toBe('admin_not_found');
    const elsewhere = { tenantId: OPERATOR_TENANT, personId };
    expect(await codeOf(tenancy.staff.removeTenantAdmin(elsewhere))).toBe('admin_not_found');
  });
});
