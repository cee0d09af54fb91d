import { PageRequestSchema, type PageRequest, type ProjectRef } from '@kontor/contracts/resource/v1/resource';
import {
  SuspendProjectRequestSchema,
  TenancyService,
  TransferProjectRequestSchema,
  UpdateProjectRequestSchema,
  type SuspendProjectRequest,
  type TransferProjectRequest,
  type UpdateProjectRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import { Controller, Get, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessagePart, MessageQuery } from './parameters.ts';
import { InProject } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { listMyProjects, getProject, updateProject } = TenancyService.method;
const { suspendProject, resumeProject, transferProject } = TenancyService.method;

@ApiTags('Projects')
@Controller('v1/projects')
export class ProjectsController {
  constructor(private readonly services: Services) {}

  @Get()
  @Rpc(listMyProjects)
  mine(@MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.tenancy.listMyProjects({ page });
  }

  @Get(':projectId')
  @Rpc(getProject)
  get(@InProject() project: ProjectRef) {
    return this.services.tenancy.getProject({ project });
  }

  @Patch(':projectId')
  @Rpc(updateProject)
  update(
    @InProject() project: ProjectRef,
    @MessagePart(UpdateProjectRequestSchema, ['resourceVersion', 'displayName']) change: UpdateProjectRequest,
  ) {
    const { resourceVersion, displayName } = change;
    return this.services.tenancy.updateProject({ project, resourceVersion, displayName });
  }

  @Post(':projectId/suspend')
  @Rpc(suspendProject)
  suspend(
    @InProject() project: ProjectRef,
    @MessagePart(SuspendProjectRequestSchema, ['reason']) { reason }: SuspendProjectRequest,
  ) {
    return this.services.tenancy.suspendProject({ project, reason });
  }

  @Post(':projectId/resume')
  @Rpc(resumeProject)
  resume(@InProject() project: ProjectRef) {
    return this.services.tenancy.resumeProject({ project });
  }

  @Post(':projectId/transfer')
  @Rpc(transferProject)
  transfer(
    @InProject() project: ProjectRef,
    @MessagePart(TransferProjectRequestSchema, ['ownerId']) { ownerId }: TransferProjectRequest,
  ) {
    return this.services.tenancy.transferProject({ project, ownerId });
  }
}
