import { ChangeService } from '@kontor/contracts/quota/v1/change';
import { ProgrammeService, ProgrammeTerms_BudgetEnd as BudgetEnd } from '@kontor/contracts/quota/v1/programme';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { connect } from '@kontor/kit/connect';
import { uuid7 } from '@kontor/kit/id';
import { actingFor, personWith } from '@kontor/testing/acting-for';
import type { TestTls } from '@kontor/testing/test-tls';

export interface Project {
  tenantId: string;
  projectId: string;
}

/** A project that can pay, and the award that pays its share where there is one. */
export interface Payer {
  project: Project;
  awardId?: string;
}

/** Enough for hours of reserving. */
export const PLENTY = 1_000_000_000_000_000n;
/** What a programme pays of every reservation. */
const SUBSIDY_PPM = 400_000;
const YEAR_MS = 31_557_600_000n;

/** Founds the operator with one programme, and has it award every project as much as it likes. */
export async function subsidise(address: string, tls: TestTls, projects: Project[]): Promise<Required<Payer>[]> {
  const founding = connect(ChangeService, address, tls.of('start'));
  const programmes = connect(ProgrammeService, address, tls.of('gateway'));
  try {
    await founding.foundOperator({
      authorisation: { authorisedUcr: 4_000_000_000_000_000_000n },
      programmes: [
        {
          terms: {
            slug: 'bench',
            name: 'Everybody',
            subsidyPpm: SUBSIDY_PPM,
            maxUcrPerBeneficiary: 1_000n * PLENTY,
            threshold: { ucr: 1_000n * PLENTY, windowMs: YEAR_MS },
            maxDurationMs: YEAR_MS,
            budgetEnd: BudgetEnd.STOP,
          },
          addUcr: 1_000n * PLENTY,
        },
      ],
    });
    const payers: Required<Payer>[] = [];
    for (const project of projects) {
      const applicant = await actingFor(programmes, tls, personWith([Role.PROJECT_MEMBER], { scope: project }));
      const { awardId } = await applicant.submitProposal({
        project,
        id: uuid7(),
        programme: 'bench',
        requestedUcr: PLENTY,
        purpose: 'To be measured.',
        durationMs: YEAR_MS,
      });
      payers.push({ project, awardId });
    }
    return payers;
  } finally {
    founding.close();
    programmes.close();
  }
}
