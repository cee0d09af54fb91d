import { QuotaService } from '@kontor/contracts/quota/v1/quota';
import { PageRequestSchema, type PageRequest, type ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessageQuery } from './parameters.ts';
import { AccountId, InProject } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { listAccounts, listTransfers, listChargeRecords } = QuotaService.method;

@ApiTags('Ledger')
@Controller('v1/projects/:projectId')
export class ProjectLedgerController {
  constructor(private readonly services: Services) {}

  @Get('accounts')
  @Rpc(listAccounts, { as: 'ListProjectAccounts' })
  accounts(@InProject() project: ProjectRef, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.quota.listAccounts({ project, page });
  }

  @Get('accounts/:accountId/transfers')
  @Rpc(listTransfers, { as: 'ListProjectTransfers' })
  transfers(
    @InProject() project: ProjectRef,
    @AccountId() accountId: string,
    @MessageQuery(PageRequestSchema) page: PageRequest,
  ) {
    return this.services.quota.listTransfers({ project, accountId, page });
  }

  @Get('charge-records')
  @Rpc(listChargeRecords)
  chargeRecords(@InProject() project: ProjectRef, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.quota.listChargeRecords({ project, page });
  }
}
