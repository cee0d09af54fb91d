import { PageRequestSchema, type PageRequest, type ProjectRef } from '@kontor/contracts/resource/v1/resource';
import {
  AcceptInvitationRequestSchema,
  InviteProjectMemberRequestSchema,
  InviteTenantAdminRequestSchema,
  TenancyService,
  type AcceptInvitationRequest,
  type InviteProjectMemberRequest,
  type InviteTenantAdminRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessageBody, MessagePart, MessageQuery } from './parameters.ts';
import { InProject, InTenant, InvitationId } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { inviteTenantAdmin, inviteProjectMember, acceptInvitation } = TenancyService.method;
const { listInvitations, revokeInvitation } = TenancyService.method;

@ApiTags('Invitations')
@Controller('v1')
export class InvitationsController {
  constructor(private readonly services: Services) {}

  @Post('tenants/:tenantId/invitations')
  @Rpc(inviteTenantAdmin, { status: 201 })
  inviteAdmin(
    @InTenant() tenantId: string,
    @MessagePart(InviteTenantAdminRequestSchema, ['id', 'email']) { id, email }: InviteTenantAdminRequest,
  ) {
    return this.services.tenancy.inviteTenantAdmin({ tenantId, id, email });
  }

  @Get('tenants/:tenantId/invitations')
  @Rpc(listInvitations, { as: 'ListTenantInvitations' })
  ofTenant(@InTenant() tenantId: string, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.tenancy.listInvitations({ tenantId, page });
  }

  @Post('tenants/:tenantId/invitations/:invitationId/revoke')
  @Rpc(revokeInvitation, { as: 'RevokeTenantInvitation' })
  revokeOfTenant(@InTenant() tenantId: string, @InvitationId() id: string) {
    return this.services.tenancy.revokeInvitation({ tenantId, id });
  }

  @Post('projects/:projectId/invitations')
  @Rpc(inviteProjectMember, { status: 201 })
  inviteMember(
    @InProject() project: ProjectRef,
    @MessagePart(InviteProjectMemberRequestSchema, ['id', 'email', 'role']) asked: InviteProjectMemberRequest,
  ) {
    const { id, email, role } = asked;
    return this.services.tenancy.inviteProjectMember({ project, id, email, role });
  }

  @Get('projects/:projectId/invitations')
  @Rpc(listInvitations, { as: 'ListProjectInvitations' })
  ofProject(@InProject() { tenantId, projectId }: ProjectRef, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.tenancy.listInvitations({ tenantId, projectId, page });
  }

  @Post('projects/:projectId/invitations/:invitationId/revoke')
  @Rpc(revokeInvitation, { as: 'RevokeProjectInvitation' })
  revokeOfProject(@InProject() { tenantId, projectId }: ProjectRef, @InvitationId() id: string) {
    return this.services.tenancy.revokeInvitation({ tenantId, projectId, id });
  }

  @Post('invitations/accept')
  @Rpc(acceptInvitation)
  accept(@MessageBody(AcceptInvitationRequestSchema) sent: AcceptInvitationRequest) {
    return this.services.tenancy.acceptInvitation(sent);
  }
}
