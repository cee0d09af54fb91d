import { equals } from '@bufbuild/protobuf';
import {
  CreateTransferRequestSchema,
  QuotaService,
  Transfer_Reason as Reason,
  type CreateTransferRequest,
  type GetReservationRequest,
  type ListAccountsRequest,
  type ListTransfersRequest,
  type OpenAccountRequest,
  type SetRateRequest,
} from '@kontor/contracts/quota/v1/quota';
import type { Serves } from '@kontor/kit/grpc';
import { Problem } from '@kontor/kit/problem';

/** The quota contract without a ledger: what the gateway may call answers, what it may not is not there. */
export class FakeQuota implements Serves<typeof QuotaService> {
  readonly transfers = new Map<string, CreateTransferRequest>();
  /** Whose transfers it was asked for. */
  readonly listed: ListTransfersRequest[] = [];
  /** Thrown by every method while it is set. */
  refusal: Error | undefined;

  async openAccount({ project, purpose, asset, floor }: OpenAccountRequest) {
    this.#refuse();
    return { id: 'opened', ...(project && { project }), purpose, asset, ...(floor !== undefined && { floor }) };
  }

  async listAccounts({ project }: ListAccountsRequest) {
    this.#refuse();
    return { accounts: [{ ...(project && { project }), asset: 'CR:demo', balance: -(2n ** 53n) - 1n }] };
  }

  async createTransfer(sent: CreateTransferRequest) {
    this.#refuse();
    const known = this.transfers.get(sent.id);
    if (known && !equals(CreateTransferRequestSchema, known, sent)) {
      throw Problem.conflict('transfer_exists_with_different_content', 'There is such a transfer.');
    }
    this.transfers.set(sent.id, sent);
    const { id, debitAccountId, creditAccountId, amount, reason } = sent;
    return { id, debitAccountId, creditAccountId, amount, reason };
  }

  async listTransfers(request: ListTransfersRequest) {
    this.#refuse();
    this.listed.push(request);
    const transfers = [{ debitAccountId: request.accountId, reason: Reason.GRANT }];
    return { transfers, page: { nextPageToken: 'two two' } };
  }

  async setRate({ acceleratorClass, ucrPerDeviceHour }: SetRateRequest) {
    this.#refuse();
    return { acceleratorClass, ucrPerDeviceHour };
  }

  async listRates() {
    this.#refuse();
    return { rates: [{ acceleratorClass: 'cpu.x86_64', ucrPerDeviceHour: 3_600_000n }] };
  }

  async getReservation({ project, id }: GetReservationRequest) {
    this.#refuse();
    return { ...(project && { project }), id, slots: 1 };
  }

  async getChargeRecord() {
    this.#refuse();
    return { costUcr: 12n };
  }

  async listChargeRecords() {
    this.#refuse();
    return { chargeRecords: [{ costUcr: 12n }] };
  }

  async getTrialBalance() {
    this.#refuse();
    return { assets: [{ asset: 'CR:demo' }] };
  }

  readonly reserve = notForTheGateway;
  readonly advance = notForTheGateway;
  readonly post = notForTheGateway;
  readonly void = notForTheGateway;
  readonly executeBatch = notForTheGateway;
  readonly executeStream = notForTheGateway;

  #refuse(): void {
    if (this.refusal) throw this.refusal;
  }
}

const notForTheGateway = (): never => {
  throw Problem.forbidden('not_for_the_gateway', 'Only compute reserves.');
};
