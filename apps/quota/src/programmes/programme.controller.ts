import type {
  ExtendAwardRequest,
  GetAwardLetterRequest,
  GetAwardRequest,
  GetProgrammeRequest,
  GetProposalRequest,
  ListAwardsRequest,
  ListPendingProposalsRequest,
  ListProgrammesRequest,
  ListProposalsRequest,
  ProgrammeService,
  RefuseProposalRequest,
  ReturnAwardRequest,
  SubmitProposalRequest,
  WithdrawProposalRequest,
} from '@kontor/contracts/quota/v1/programme';
import type { Call, Serves } from '@kontor/kit/grpc';
import { Injectable } from '@nestjs/common';
import { Awards } from './awards.ts';
import { personOf } from './not-own.ts';
import { Programmes } from './programmes.ts';
import { Proposals } from './proposals.ts';

/** The contract, method by method, and who decides. */
@Injectable()
export class ProgrammeController implements Serves<typeof ProgrammeService> {
  constructor(
    private readonly programmes: Programmes,
    private readonly proposals: Proposals,
    private readonly awards: Awards,
  ) {}

  getProgramme({ slug }: GetProgrammeRequest) {
    return this.programmes.get(slug);
  }

  listProgrammes(request: ListProgrammesRequest) {
    return this.programmes.list(request);
  }

  async submitProposal(request: SubmitProposalRequest, call: Call) {
    return this.proposals.submit(request, personOf(call));
  }

  getProposal(request: GetProposalRequest) {
    return this.proposals.get(request);
  }

  listProposals(request: ListProposalsRequest) {
    return this.proposals.list(request);
  }

  listPendingProposals(request: ListPendingProposalsRequest) {
    return this.proposals.listPending(request);
  }

  async withdrawProposal(request: WithdrawProposalRequest, call: Call) {
    return this.proposals.withdraw(request, personOf(call));
  }

  async refuseProposal(request: RefuseProposalRequest, call: Call) {
    return this.proposals.refuse(request, personOf(call));
  }

  getAward(request: GetAwardRequest) {
    return this.awards.get(request);
  }

  listAwards(request: ListAwardsRequest) {
    return this.awards.list(request);
  }

  async returnAward(request: ReturnAwardRequest, call: Call) {
    return this.awards.return(request, personOf(call));
  }

  async extendAward(request: ExtendAwardRequest, call: Call) {
    return this.awards.extend(request, personOf(call));
  }

  getAwardLetter(request: GetAwardLetterRequest) {
    return this.awards.letter(request);
  }
}
