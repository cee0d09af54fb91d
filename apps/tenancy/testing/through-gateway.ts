import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ResolveCallerRequestSchema, TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import type { Client } from '@kontor/kit/grpc';
import { actingFor } from '@kontor/testing/acting-for';
import type { TestTls } from '@kontor/testing/test-tls';

export type Tenancy = Client<typeof TenancyService>;
export type Credential = Exclude<
  NonNullable<MessageInitShape<typeof ResolveCallerRequestSchema>['credential']>,
  { case: undefined }
>;

interface Scoped {
  project?: { tenantId: string; projectId: string };
  tenantId?: string;
  projectId?: string;
}

/** Somebody, or a program, and tenancy as they see it through the gateway. */
export type Actor = Tenancy & { credential: Credential };

/** Asks tenancy for the caller's roles where a request leads, then sends it for the caller: as the gateway does. */
export function throughGateway(gateway: Tenancy, tls: TestTls, credential: Credential): Actor {
  const call = async (name: keyof Tenancy, request: Scoped): Promise<unknown> => {
    const { tenantId = '', projectId = '' } = request.project ?? request;
    const { id, reference, roles, ...found } = await gateway.resolveCaller({ credential, tenantId, projectId });
    const scope = found.tenantId ? { tenantId: found.tenantId, projectId: found.projectId || undefined } : undefined;
    const acting = await actingFor(gateway, tls, { id, reference, roles, scope });
    return (acting[name] as (request: Scoped) => Promise<unknown>)(request);
  };
  return new Proxy(
    { ...gateway, credential },
    {
      get: (target, name) =>
        name in gateway ? (request: Scoped) => call(name as keyof Tenancy, request) : Reflect.get(target, name),
    },
  );
}
