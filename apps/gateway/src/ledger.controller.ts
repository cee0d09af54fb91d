import {
  CreateTransferRequestSchema,
  OpenAccountRequestSchema,
  QuotaService,
  SetRateRequestSchema,
  type CreateTransferRequest,
  type OpenAccountRequest,
  type SetRateRequest,
} from '@kontor/contracts/quota/v1/quota';
import { PageRequestSchema, type PageRequest } from '@kontor/contracts/resource/v1/resource';
import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessageBody, MessageQuery } from './parameters.ts';
import { AccountId } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { openAccount, listAccounts, createTransfer, listTransfers } = QuotaService.method;
const { setRate, listRates, getTrialBalance } = QuotaService.method;

@ApiTags('Ledger')
@Controller('v1')
export class LedgerController {
  constructor(private readonly services: Services) {}

  @Get('accounts')
  @Rpc(listAccounts, { as: 'ListOperatorAccounts' })
  accounts(@MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.quota.listAccounts({ page });
  }

  @Post('accounts')
  @Rpc(openAccount, { status: 201 })
  openAccount(@MessageBody(OpenAccountRequestSchema) account: OpenAccountRequest) {
    return this.services.quota.openAccount(account);
  }

  @Get('accounts/:accountId/transfers')
  @Rpc(listTransfers)
  transfers(@AccountId() accountId: string, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.quota.listTransfers({ accountId, page });
  }

  @Post('transfers')
  @Rpc(createTransfer, { status: 201 })
  transfer(@MessageBody(CreateTransferRequestSchema) transfer: CreateTransferRequest) {
    return this.services.quota.createTransfer(transfer);
  }

  @Get('rates')
  @Rpc(listRates)
  rates(@MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.quota.listRates({ page });
  }

  @Post('rates')
  @Rpc(setRate, { status: 201 })
  setRate(@MessageBody(SetRateRequestSchema) rate: SetRateRequest) {
    return this.services.quota.setRate(rate);
  }

  @Get('trial-balance')
  @Rpc(getTrialBalance)
  trialBalance() {
    return this.services.quota.getTrialBalance({});
  }
}
