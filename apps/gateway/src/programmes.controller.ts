import { ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import { PageRequestSchema, type PageRequest } from '@kontor/contracts/resource/v1/resource';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessageQuery } from './parameters.ts';
import { ProgrammeSlug } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { listProgrammes, getProgramme, listPendingProposals } = ProgrammeService.method;

@ApiTags('Programmes')
@Controller('v1')
export class ProgrammesController {
  constructor(private readonly services: Services) {}

  @Get('programmes')
  @Rpc(listProgrammes)
  list(@MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.programmes.listProgrammes({ page });
  }

  @Get('programmes/:slug')
  @Rpc(getProgramme)
  get(@ProgrammeSlug() slug: string) {
    return this.services.programmes.getProgramme({ slug });
  }

  @Get('pending-proposals')
  @Rpc(listPendingProposals)
  pending(@MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.programmes.listPendingProposals({ page });
  }
}
