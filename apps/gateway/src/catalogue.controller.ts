import { ComputeService } from '@kontor/contracts/compute/v1/compute';
import { Controller, Get, Req } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { SignedIn } from './access.ts';
import { Caller, callerOf } from './caller.ts';
import { ApiProblems } from './problem-document.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { listSites, listAcceleratorClasses } = ComputeService.method;

@ApiTags('Catalogue')
@Controller('v1')
export class CatalogueController {
  constructor(private readonly services: Services) {}

  @Get('sites')
  @Rpc(listSites)
  sites() {
    return this.services.compute.listSites({});
  }

  @Get('accelerator-classes')
  @Rpc(listAcceleratorClasses)
  acceleratorClasses() {
    return this.services.compute.listAcceleratorClasses({});
  }

  @Get('me')
  @SignedIn('GetMe', 'Who the token is')
  @ApiOkResponse({ type: Caller, description: 'The holder of the token' })
  @ApiProblems()
  me(@Req() request: Request): Caller {
    return callerOf(request);
  }
}
