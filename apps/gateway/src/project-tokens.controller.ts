import { PageRequestSchema, type PageRequest, type ProjectRef } from '@kontor/contracts/resource/v1/resource';
import {
  CreateProjectTokenRequestSchema,
  TenancyService,
  type CreateProjectTokenRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessagePart, MessageQuery } from './parameters.ts';
import { InProject, TokenId } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { createProjectToken, listProjectTokens, revokeProjectToken } = TenancyService.method;

@ApiTags('Project tokens')
@Controller('v1/projects/:projectId/tokens')
export class ProjectTokensController {
  constructor(private readonly services: Services) {}

  @Post()
  @Rpc(createProjectToken, { status: 201 })
  create(
    @InProject() project: ProjectRef,
    @MessagePart(CreateProjectTokenRequestSchema, ['id', 'name', 'role', 'expiresAt']) token: CreateProjectTokenRequest,
  ) {
    const { id, name, role, expiresAt } = token;
    return this.services.tenancy.createProjectToken({ project, id, name, role, ...(expiresAt && { expiresAt }) });
  }

  @Get()
  @Rpc(listProjectTokens)
  list(@InProject() project: ProjectRef, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.tenancy.listProjectTokens({ project, page });
  }

  @Post(':tokenId/revoke')
  @Rpc(revokeProjectToken)
  revoke(@InProject() project: ProjectRef, @TokenId() id: string) {
    return this.services.tenancy.revokeProjectToken({ project, id });
  }
}
