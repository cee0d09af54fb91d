import type {
  AdvanceRequest,
  CreateTransferRequest,
  ExecuteBatchRequest,
  ExecuteStreamRequest,
  GetChargeRecordRequest,
  GetReservationRequest,
  ListAccountsRequest,
  ListChargeRecordsRequest,
  ListRatesRequest,
  ListTransfersRequest,
  OpenAccountRequest,
  PostRequest,
  QuotaService,
  ReserveRequest,
  SetRateRequest,
  VoidRequest,
} from '@kontor/contracts/quota/v1/quota';
import type { Call, Serves } from '@kontor/kit/grpc';
import { Injectable } from '@nestjs/common';
import { Accounts } from './accounts.ts';
import { ChargeRecords } from './charge-records.ts';
import { Commands } from './commands.ts';
import { Rates } from './rates.ts';
import { Transfers } from './transfers.ts';

/** The contract, method by method, and who decides. */
@Injectable()
export class QuotaController implements Serves<typeof QuotaService> {
  constructor(
    private readonly accounts: Accounts,
    private readonly transfers: Transfers,
    private readonly rates: Rates,
    private readonly commands: Commands,
    private readonly chargeRecords: ChargeRecords,
  ) {}

  openAccount(request: OpenAccountRequest, { actor }: Call) {
    return this.accounts.open(request, actor);
  }

  listAccounts(request: ListAccountsRequest) {
    return this.accounts.list(request);
  }

  createTransfer(request: CreateTransferRequest, { actor }: Call) {
    return this.transfers.create(request, actor);
  }

  listTransfers(request: ListTransfersRequest) {
    return this.transfers.list(request);
  }

  setRate(request: SetRateRequest, { actor }: Call) {
    return this.rates.set(request, actor);
  }

  listRates(request: ListRatesRequest) {
    return this.rates.list(request);
  }

  reserve(value: ReserveRequest, call: Call) {
    return this.commands.execute({ case: 'reserve', value }, call);
  }

  advance(value: AdvanceRequest, call: Call) {
    return this.commands.execute({ case: 'advance', value }, call);
  }

  post(value: PostRequest, call: Call) {
    return this.commands.execute({ case: 'post', value }, call);
  }

  void(value: VoidRequest, call: Call) {
    return this.commands.execute({ case: 'void', value }, call);
  }

  async executeBatch({ commands }: ExecuteBatchRequest, call: Call) {
    return { results: await this.commands.executeAll(commands, call) };
  }

  async *executeStream(requests: AsyncIterable<ExecuteStreamRequest>, call: Call) {
    for await (const result of this.commands.executeStream(requests, call)) yield { result };
  }

  getReservation(request: GetReservationRequest) {
    return this.commands.find(request);
  }

  getChargeRecord(request: GetChargeRecordRequest) {
    return this.chargeRecords.get(request);
  }

  listChargeRecords(request: ListChargeRecordsRequest) {
    return this.chargeRecords.list(request);
  }

  async getTrialBalance() {
    return { assets: await this.accounts.trialBalance() };
  }
}
