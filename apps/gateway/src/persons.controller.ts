import {
  ErasePersonRequestSchema,
  FindPersonsRequestSchema,
  TenancyService,
  type ErasePersonRequest,
  type FindPersonsRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import { Controller, Get, Post, Req } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { Known } from './access.ts';
import { callerOf } from './caller.ts';
import { GatewayConfig } from './config.ts';
import { Me, meOf } from './me.ts';
import { MessagePart, MessageQuery } from './parameters.ts';
import { PersonId } from './path-parameters.ts';
import { ApiProblems } from './problem-document.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { findPersons, erasePerson } = TenancyService.method;

@ApiTags('People')
@Controller('v1')
export class PersonsController {
  constructor(
    private readonly services: Services,
    private readonly config: GatewayConfig,
  ) {}

  @Get('me')
  @Known('GetMe', 'Who the caller is, and which roles they have wherever they are')
  @ApiOkResponse({ type: Me, description: 'The caller.' })
  @ApiProblems()
  me(@Req() request: Request): Me {
    return meOf(callerOf(request).caller, this.config.operator);
  }

  @Get('persons')
  @Rpc(findPersons)
  find(@MessageQuery(FindPersonsRequestSchema) asked: FindPersonsRequest) {
    return this.services.tenancy.findPersons(asked);
  }

  @Post('persons/:personId/erase')
  @Rpc(erasePerson)
  erase(
    @PersonId() personId: string,
    @MessagePart(ErasePersonRequestSchema, ['reason']) { reason }: ErasePersonRequest,
  ) {
    return this.services.tenancy.erasePerson({ personId, reason });
  }
}
