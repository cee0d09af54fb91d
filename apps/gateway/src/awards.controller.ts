import {
  ExtendAwardRequestSchema,
  ProgrammeService,
  type ExtendAwardRequest,
} from '@kontor/contracts/quota/v1/programme';
import { PageRequestSchema, type PageRequest, type ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessagePart, MessageQuery } from './parameters.ts';
import { AwardId, InProject } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { listAwards, getAward, getAwardLetter, returnAward, extendAward } = ProgrammeService.method;

@ApiTags('Awards')
@Controller('v1/projects/:projectId/awards')
export class AwardsController {
  constructor(private readonly services: Services) {}

  @Get()
  @Rpc(listAwards)
  list(@InProject() project: ProjectRef, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.programmes.listAwards({ project, page });
  }

  @Get(':awardId')
  @Rpc(getAward)
  get(@InProject() project: ProjectRef, @AwardId() id: string) {
    return this.services.programmes.getAward({ project, id });
  }

  @Get(':awardId/letter')
  @Rpc(getAwardLetter)
  letter(@InProject() project: ProjectRef, @AwardId() id: string) {
    return this.services.programmes.getAwardLetter({ project, id });
  }

  @Post(':awardId/return')
  @Rpc(returnAward)
  return(@InProject() project: ProjectRef, @AwardId() id: string) {
    return this.services.programmes.returnAward({ project, id });
  }

  @Post(':awardId/extend')
  @Rpc(extendAward)
  extend(
    @InProject() project: ProjectRef,
    @AwardId() id: string,
    @MessagePart(ExtendAwardRequestSchema, ['resourceVersion', 'endsAt', 'reason']) asked: ExtendAwardRequest,
  ) {
    const { resourceVersion, endsAt, reason } = asked;
    return this.services.programmes.extendAward({ project, id, resourceVersion, reason, ...(endsAt && { endsAt }) });
  }
}
