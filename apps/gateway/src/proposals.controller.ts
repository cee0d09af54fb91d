import {
  ProgrammeService,
  RefuseProposalRequestSchema,
  SubmitProposalRequestSchema,
  type RefuseProposalRequest,
  type SubmitProposalRequest,
} from '@kontor/contracts/quota/v1/programme';
import { PageRequestSchema, type PageRequest, type ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Controller, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MessagePart, MessageQuery } from './parameters.ts';
import { InProject, ProposalId } from './path-parameters.ts';
import { Rpc } from './rpc.ts';
import { Services } from './services.ts';

const { submitProposal, listProposals, getProposal, withdrawProposal, refuseProposal } = ProgrammeService.method;

/** What an applicant says; whose project it is says the path. */
const SAID = SubmitProposalRequestSchema.fields.map(({ jsonName }) => jsonName).filter((name) => name !== 'project');

@ApiTags('Proposals')
@Controller('v1/projects/:projectId/proposals')
export class ProposalsController {
  constructor(private readonly services: Services) {}

  @Post()
  @Rpc(submitProposal, { status: 201 })
  submit(
    @InProject() project: ProjectRef,
    @MessagePart(SubmitProposalRequestSchema, SAID) proposal: SubmitProposalRequest,
  ) {
    return this.services.programmes.submitProposal({ ...proposal, project: project });
  }

  @Get()
  @Rpc(listProposals)
  list(@InProject() project: ProjectRef, @MessageQuery(PageRequestSchema) page: PageRequest) {
    return this.services.programmes.listProposals({ project, page });
  }

  @Get(':proposalId')
  @Rpc(getProposal)
  get(@InProject() project: ProjectRef, @ProposalId() id: string) {
    return this.services.programmes.getProposal({ project, id });
  }

  @Post(':proposalId/withdraw')
  @Rpc(withdrawProposal)
  withdraw(@InProject() project: ProjectRef, @ProposalId() id: string) {
    return this.services.programmes.withdrawProposal({ project, id });
  }

  @Post(':proposalId/refuse')
  @Rpc(refuseProposal)
  refuse(
    @InProject() project: ProjectRef,
    @ProposalId() id: string,
    @MessagePart(RefuseProposalRequestSchema, ['reasons', 'help']) { reasons, help }: RefuseProposalRequest,
  ) {
    return this.services.programmes.refuseProposal({ project, id, reasons, help });
  }
}
