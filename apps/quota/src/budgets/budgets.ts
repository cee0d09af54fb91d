import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { BudgetSchema, GetBudgetRequest, PayerBudgetSchema } from '@kontor/contracts/quota/v1/budget';
import { ProgrammeTerms_BudgetEnd as BudgetEnd } from '@kontor/contracts/quota/v1/programme';
import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import { WHOLE_PPM } from '@kontor/ledger/subsidy';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { accountId } from '../account-id.ts';
import { creditsOf } from '../assets.ts';
import { QuotaConfig } from '../config.ts';
import { findAwards, type AwardFacts } from '../programmes/award-facts.ts';
import { OWN_WARNINGS_PPM, payerBudget, type Flows } from './payer-budget.ts';
import { readFlows } from './read-flows.ts';

const DAY_MS = 86_400_000n;

type Payer = MessageInitShape<typeof PayerBudgetSchema>;

/** What projects can still spend, and for how long. */
@Injectable()
export class Budgets {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: QuotaConfig,
  ) {}

  async get(request: GetBudgetRequest): Promise<MessageInitShape<typeof BudgetSchema>> {
    const project = projectOf(request);
    const now = this.clock.now();
    const windowMs = request.windowMs || DAY_MS;
    const open = 'award.tenant_id = :tenantId AND award.project_id = :projectId AND award.due_at IS NOT NULL';
    const { tenantId, projectId } = project;
    const ownId = accountId({ project, purpose: Purpose.PROJECT, asset: creditsOf(this.config.operator) });
    const since = new Date(now.getTime() - Number(windowMs));
    const { awards, flows } = await inScope(this.dataSource, project, async (tx) => {
      const awards = await findAwards(tx, open, { tenantId, projectId }, (query) =>
        query.orderBy({ 'award.granted_at': 'ASC', 'award.id': 'ASC' }),
      );
      return { awards, flows: await readFlows(tx, [ownId, ...awards.map(({ award }) => award.id)], since) };
    });
    const budgetOf = (id: string, warnAtPpm: number[], rest: Payer): Payer[] => {
      const found: Flows | undefined = flows.get(id);
      return found ? [{ accountId: id, ...payerBudget(found, warnAtPpm, windowMs, now), ...rest }] : [];
    };
    const own = budgetOf(ownId, OWN_WARNINGS_PPM, { sharePpm: WHOLE_PPM, budgetEnd: BudgetEnd.STOP });
    const payers = [
      ...own,
      ...awards.flatMap((facts) => budgetOf(facts.award.id, facts.award.warnAtPpm, awardTerms(facts))),
    ];
    return { project, at: timestampFromDate(now), payers };
  }
}

function awardTerms({ award, account, programme }: AwardFacts): Payer {
  return {
    programme: programme.slug,
    budgetEnd: award.budgetEnd,
    sharePpm: account.subsidyPpm ?? 0,
    ...(account.endsAt && { endsAt: timestampFromDate(account.endsAt) }),
  };
}
