import { PageRequestSchema, type PageRequest } from '@kontor/contracts/resource/v1/resource';
import {
  CreateProjectRequestSchema,
  CreateTenantRequestSchema,
  SuspendTenantRequestSchema,
  TenancyService,
  UpdateTenantRequestSchema,
  type CreateProjectRequest,
  type CreateTenantRequest,
  type SuspendTenantRequest,
  type UpdateTenantRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import { Controller, Get, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessageBody, MessagePart, MessageQuery } from './parameters.ts';
import { InTenant } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { createTenant, listTenants, getTenant, updateTenant, suspendTenant, resumeTenant } = TenancyService.method;
const { createProject, listProjects } = TenancyService.method;

@ApiTags('Tenants')
@Controller('v1/tenants')
export class TenantsController {
  constructor(private readonly services: Services) {}

  @Post()
  @Rpc(createTenant, { status: 201 })
  create(@MessageBody(CreateTenantRequestSchema) tenant: CreateTenantRequest) {
    return this.services.tenancy.createTenant(tenant);
  }

  @Get()
  @Rpc(listTenants)
  list(@MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.tenancy.listTenants({ page });
  }

  @Get(':tenantId')
  @Rpc(getTenant)
  get(@InTenant() tenantId: string) {
    return this.services.tenancy.getTenant({ tenantId });
  }

  @Patch(':tenantId')
  @Rpc(updateTenant)
  update(
    @InTenant() tenantId: string,
    @MessagePart(UpdateTenantRequestSchema, ['resourceVersion', 'displayName', 'parentId']) change: UpdateTenantRequest,
  ) {
    return this.services.tenancy.updateTenant({ ...change, tenantId });
  }

  @Post(':tenantId/suspend')
  @Rpc(suspendTenant)
  suspend(
    @InTenant() tenantId: string,
    @MessagePart(SuspendTenantRequestSchema, ['reason']) { reason }: SuspendTenantRequest,
  ) {
    return this.services.tenancy.suspendTenant({ tenantId, reason });
  }

  @Post(':tenantId/resume')
  @Rpc(resumeTenant)
  resume(@InTenant() tenantId: string) {
    return this.services.tenancy.resumeTenant({ tenantId });
  }

  @Post(':tenantId/projects')
  @Rpc(createProject, { status: 201 })
  createProject(
    @InTenant() tenantId: string,
    @MessagePart(CreateProjectRequestSchema, ['slug', 'displayName']) { slug, displayName }: CreateProjectRequest,
  ) {
    return this.services.tenancy.createProject({ tenantId, slug, displayName });
  }

  @Get(':tenantId/projects')
  @Rpc(listProjects)
  projects(@InTenant() tenantId: string, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.tenancy.listProjects({ tenantId, page });
  }
}
