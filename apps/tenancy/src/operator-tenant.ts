import { Tenant_State as State } from '@kontor/contracts/tenancy/v1/tenancy';
import { journal } from '@kontor/kit/journal';
import { inScope } from '@kontor/kit/tenant-scope';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { tenantIdOf } from './ids.ts';
import { Ports } from './ports.ts';
import { TenantRow } from './tables.ts';

/** The operator's own tenant is there before anything is served; of several replicas that start, one makes it. */
@Injectable()
export class OperatorTenant implements OnModuleInit {
  constructor(private readonly ports: Ports) {}

  /** @throws where another tenant at the top has the operator's name */
  async onModuleInit(): Promise<void> {
    const { db, clock, operator: slug } = this.ports;
    const id = tenantIdOf(slug, '', slug);
    const at = clock.now();
    await inScope(db, 'all', async (tx) => {
      const { raw } = await tx
        .createQueryBuilder()
        .insert()
        .into(TenantRow)
        .values({ id, path: [id], slug, displayName: slug, state: State.ACTIVE, resourceVersion: 1n, createdAt: at })
        .orIgnore()
        .returning('id')
        .execute();
      const isNew = (raw as object[]).length > 0;
      const after = { parentId: null, slug, displayName: slug };
      const entry = { at, actor: 'tenancy', action: 'tenant.create', tenantId: id, subject: id, after };
      if (isNew) await journal(tx, [entry]);
      else if (!(await tx.existsBy(TenantRow, { id }))) {
        throw new Error(`A tenant ${slug} exists that is not the operator's: give the operator another name.`);
      }
    });
  }
}
