import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import {
  Project_State,
  Tenant_State,
  type ResumeProjectRequest,
  type ResumeTenantRequest,
  type SuspendProjectRequest,
  type SuspendTenantRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { journal } from '@kontor/kit/journal';
import { personOf } from '@kontor/kit/person';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import type { Ports } from './ports.ts';
import { lockProject, toProject, type ProjectMessage } from './projects.ts';
import { ProjectRow, TenantRow } from './tables.ts';
import { lockTenant, toTenant, type TenantMessage } from './tenants.ts';

/** From the next caller context on its people only look; see roles.ts. One that is suspended already stays so. */
export const suspendTenant = (ports: Ports, { tenantId, reason }: SuspendTenantRequest, call: Call) =>
  setTenantState(ports, tenantId, Tenant_State.SUSPENDED, call, reason);

export const resumeTenant = (ports: Ports, { tenantId }: ResumeTenantRequest, call: Call) =>
  setTenantState(ports, tenantId, Tenant_State.ACTIVE, call);

export const suspendProject = (ports: Ports, request: SuspendProjectRequest, call: Call) =>
  setProjectState(ports, request, Project_State.SUSPENDED, call, request.reason);

export const resumeProject = (ports: Ports, request: ResumeProjectRequest, call: Call) =>
  setProjectState(ports, request, Project_State.ACTIVE, call);

function setTenantState(
  { db, clock }: Ports,
  id: string,
  state: Tenant_State,
  { actor }: Call,
  reason?: string,
): Promise<TenantMessage> {
  return inScope(db, { tenantId: id }, async (tx) => {
    const tenant = await lockTenant(tx, id);
    if (tenant.state === state) return toTenant(tenant);
    const resourceVersion = tenant.resourceVersion + 1n;
    await tx.update(TenantRow, { id }, { state, resourceVersion });
    const action = state === Tenant_State.SUSPENDED ? 'tenant.suspend' : 'tenant.resume';
    const [before, after] = [{ state: Tenant_State[tenant.state] }, { state: Tenant_State[state], reason }];
    await journal(tx, [{ at: clock.now(), actor, action, tenantId: id, subject: id, before, after }]);
    return toTenant({ ...tenant, state, resourceVersion });
  });
}

/** @throws Problem project_not_found; suspended_by_operator, where somebody else than operator staff would resume it */
function setProjectState(
  { db, clock }: Ports,
  request: Pick<ResumeProjectRequest, 'project'>,
  state: Project_State,
  call: Call,
  reason?: string,
): Promise<ProjectMessage> {
  const { tenantId, projectId: id } = projectOf(request);
  const isStaff = personOf(call).roles.includes(Role.OPERATOR_STAFF);
  const isSuspension = state === Project_State.SUSPENDED;
  return inScope(db, { tenantId }, async (tx) => {
    const project = await lockProject(tx, tenantId, id);
    if (!isStaff && !isSuspension && project.suspendedByOperator) throw byOperatorAlone();
    // What staff wants stands above what the tenant wanted before.
    const suspendedByOperator = isSuspension && (isStaff || project.suspendedByOperator);
    const changed = { state, suspendedByOperator, resourceVersion: project.resourceVersion + 1n };
    if (project.state === state && project.suspendedByOperator === suspendedByOperator) return toProject(project);
    await tx.update(ProjectRow, { id }, changed);
    const before = { state: Project_State[project.state] };
    const after = { state: Project_State[state], reason, byOperator: suspendedByOperator || undefined };
    const action = isSuspension ? 'project.suspend' : 'project.resume';
    await journal(tx, [{ at: clock.now(), actor: call.actor, action, tenantId, subject: id, before, after }]);
    return toProject({ ...project, ...changed });
  });
}

const byOperatorAlone = (): Problem =>
  Problem.forbidden(
    'suspended_by_operator',
    'Operator staff suspended the project.',
    'Ask operator staff to resume it.',
  );
