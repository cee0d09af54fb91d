import type {
  AcceptInvitationRequest,
  CreateProjectRequest,
  CreateProjectTokenRequest,
  CreateTenantRequest,
  ErasePersonRequest,
  FindPersonsRequest,
  GetProjectRequest,
  GetTenantRequest,
  InviteProjectMemberRequest,
  InviteTenantAdminRequest,
  LeaveProjectRequest,
  ListInvitationsRequest,
  ListMyProjectsRequest,
  ListProjectMembersRequest,
  ListProjectTokensRequest,
  ListProjectsRequest,
  ListTenantAdminsRequest,
  ListTenantsRequest,
  RemoveProjectMemberRequest,
  RemoveTenantAdminRequest,
  ResolveCallerRequest,
  ResumeProjectRequest,
  ResumeTenantRequest,
  RevokeInvitationRequest,
  RevokeProjectTokenRequest,
  SetProjectMemberRequest,
  SuspendProjectRequest,
  SuspendTenantRequest,
  TenancyService,
  TransferProjectRequest,
  UpdateProjectRequest,
  UpdateTenantRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call, Serves } from '@kontor/kit/grpc';
import { Injectable } from '@nestjs/common';
import { acceptInvitation } from './accept-invitation.ts';
import { createProject } from './create-project.ts';
import { createTenant } from './create-tenant.ts';
import { erasePerson } from './erase-person.ts';
import { findPersons } from './find-persons.ts';
import { listInvitations, revokeInvitation } from './invitations.ts';
import { inviteProjectMember, inviteTenantAdmin } from './invite.ts';
import { Ports } from './ports.ts';
import { leaveProject, listProjectMembers, removeProjectMember, setProjectMember } from './project-members.ts';
import { createProjectToken, listProjectTokens, revokeProjectToken } from './project-tokens.ts';
import { getProject, listMyProjects, listProjects } from './projects.ts';
import { resolveCaller } from './resolve-caller.ts';
import { resumeProject, resumeTenant, suspendProject, suspendTenant } from './suspension.ts';
import { listTenantAdmins, removeTenantAdmin } from './tenant-admins.ts';
import { getTenant, listTenants } from './tenants.ts';
import { transferProject } from './transfer-project.ts';
import { updateProject } from './update-project.ts';
import { updateTenant } from './update-tenant.ts';

/** The contract's methods, each told in a file of its own. */
@Injectable()
export class TenancyController implements Serves<typeof TenancyService> {
  constructor(private readonly ports: Ports) {}

  resolveCaller(request: ResolveCallerRequest, call: Call) {
    return resolveCaller(this.ports, request, call);
  }

  createTenant(request: CreateTenantRequest, call: Call) {
    return createTenant(this.ports, request, call);
  }

  getTenant(request: GetTenantRequest) {
    return getTenant(this.ports, request);
  }

  listTenants(request: ListTenantsRequest, call: Call) {
    return listTenants(this.ports, request, call);
  }

  updateTenant(request: UpdateTenantRequest, call: Call) {
    return updateTenant(this.ports, request, call);
  }

  suspendTenant(request: SuspendTenantRequest, call: Call) {
    return suspendTenant(this.ports, request, call);
  }

  resumeTenant(request: ResumeTenantRequest, call: Call) {
    return resumeTenant(this.ports, request, call);
  }

  createProject(request: CreateProjectRequest, call: Call) {
    return createProject(this.ports, request, call);
  }

  getProject(request: GetProjectRequest) {
    return getProject(this.ports, request);
  }

  listMyProjects(request: ListMyProjectsRequest, call: Call) {
    return listMyProjects(this.ports, request, call);
  }

  listProjects(request: ListProjectsRequest) {
    return listProjects(this.ports, request);
  }

  updateProject(request: UpdateProjectRequest, call: Call) {
    return updateProject(this.ports, request, call);
  }

  suspendProject(request: SuspendProjectRequest, call: Call) {
    return suspendProject(this.ports, request, call);
  }

  resumeProject(request: ResumeProjectRequest, call: Call) {
    return resumeProject(this.ports, request, call);
  }

  transferProject(request: TransferProjectRequest, call: Call) {
    return transferProject(this.ports, request, call);
  }

  listProjectMembers(request: ListProjectMembersRequest) {
    return listProjectMembers(this.ports, request);
  }

  setProjectMember(request: SetProjectMemberRequest, call: Call) {
    return setProjectMember(this.ports, request, call);
  }

  removeProjectMember(request: RemoveProjectMemberRequest, call: Call) {
    return removeProjectMember(this.ports, request, call);
  }

  leaveProject(request: LeaveProjectRequest, call: Call) {
    return leaveProject(this.ports, request, call);
  }

  listTenantAdmins(request: ListTenantAdminsRequest) {
    return listTenantAdmins(this.ports, request);
  }

  removeTenantAdmin(request: RemoveTenantAdminRequest, call: Call) {
    return removeTenantAdmin(this.ports, request, call);
  }

  inviteTenantAdmin(request: InviteTenantAdminRequest, call: Call) {
    return inviteTenantAdmin(this.ports, request, call);
  }

  inviteProjectMember(request: InviteProjectMemberRequest, call: Call) {
    return inviteProjectMember(this.ports, request, call);
  }

  acceptInvitation(request: AcceptInvitationRequest, call: Call) {
    return acceptInvitation(this.ports, request, call);
  }

  listInvitations(request: ListInvitationsRequest) {
    return listInvitations(this.ports, request);
  }

  revokeInvitation(request: RevokeInvitationRequest, call: Call) {
    return revokeInvitation(this.ports, request, call);
  }

  createProjectToken(request: CreateProjectTokenRequest, call: Call) {
    return createProjectToken(this.ports, request, call);
  }

  listProjectTokens(request: ListProjectTokensRequest) {
    return listProjectTokens(this.ports, request);
  }

  revokeProjectToken(request: RevokeProjectTokenRequest, call: Call) {
    return revokeProjectToken(this.ports, request, call);
  }

  findPersons(request: FindPersonsRequest) {
    return findPersons(this.ports, request);
  }

  erasePerson(request: ErasePersonRequest, call: Call) {
    return erasePerson(this.ports, request, call);
  }
}
