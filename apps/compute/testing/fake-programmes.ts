import type { GetAwardRequest, ProgrammeService } from '@kontor/contracts/quota/v1/programme';
import type { Serves } from '@kontor/kit/grpc';
import { Problem } from '@kontor/kit/problem';
import { notPlayed, type FakeQuota } from './fake-quota.ts';

/** What a fake ledger's awards were granted under. */
export class FakeProgrammes implements Serves<typeof ProgrammeService> {
  readonly getProgramme = notPlayed;
  readonly listProgrammes = notPlayed;
  readonly submitProposal = notPlayed;
  readonly getProposal = notPlayed;
  readonly listProposals = notPlayed;
  readonly listPendingProposals = notPlayed;
  readonly withdrawProposal = notPlayed;
  readonly refuseProposal = notPlayed;
  readonly listAwards = notPlayed;
  readonly returnAward = notPlayed;
  readonly extendAward = notPlayed;
  readonly getAwardLetter = notPlayed;

  constructor(private readonly ledger: FakeQuota) {}

  async getAward({ project, id }: GetAwardRequest) {
    const { projectId, subsidyPpm, budgetEnd } = this.ledger.awardOf(id);
    if (projectId !== project?.projectId) throw Problem.notFound('award', id);
    return { project, id, subsidyPpm, budgetEnd };
  }
}
