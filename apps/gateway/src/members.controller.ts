import { PageRequestSchema, type PageRequest, type ProjectRef } from '@kontor/contracts/resource/v1/resource';
import {
  SetProjectMemberRequestSchema,
  TenancyService,
  type SetProjectMemberRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import { Controller, Delete, Get, Post, Put } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessagePart, MessageQuery } from './parameters.ts';
import { InProject, InTenant, PersonId } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { listProjectMembers, setProjectMember, removeProjectMember, leaveProject } = TenancyService.method;
const { listTenantAdmins, removeTenantAdmin } = TenancyService.method;

@ApiTags('People')
@Controller('v1')
export class MembersController {
  constructor(private readonly services: Services) {}

  @Get('projects/:projectId/members')
  @Rpc(listProjectMembers)
  members(@InProject() project: ProjectRef, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.tenancy.listProjectMembers({ project, page });
  }

  @Put('projects/:projectId/members/:personId')
  @Rpc(setProjectMember)
  setMember(
    @InProject() project: ProjectRef,
    @PersonId() personId: string,
    @MessagePart(SetProjectMemberRequestSchema, ['role']) { role }: SetProjectMemberRequest,
  ) {
    return this.services.tenancy.setProjectMember({ project, personId, role });
  }

  @Delete('projects/:projectId/members/:personId')
  @Rpc(removeProjectMember)
  removeMember(@InProject() project: ProjectRef, @PersonId() personId: string) {
    return this.services.tenancy.removeProjectMember({ project, personId });
  }

  @Post('projects/:projectId/leave')
  @Rpc(leaveProject)
  leave(@InProject() project: ProjectRef) {
    return this.services.tenancy.leaveProject({ project });
  }

  @Get('tenants/:tenantId/admins')
  @Rpc(listTenantAdmins)
  admins(@InTenant() tenantId: string, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.tenancy.listTenantAdmins({ tenantId, page });
  }

  @Delete('tenants/:tenantId/admins/:personId')
  @Rpc(removeTenantAdmin)
  removeAdmin(@InTenant() tenantId: string, @PersonId() personId: string) {
    return this.services.tenancy.removeTenantAdmin({ tenantId, personId });
  }
}
