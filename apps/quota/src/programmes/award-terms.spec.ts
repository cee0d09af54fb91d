import { describe, expect, it } from '@jest/globals';
import { ProgrammeTerms_BudgetEnd as BudgetEnd } from '@kontor/contracts/quota/v1/programme';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { undone } from '@kontor/testing/around-service';
import { AwardTerms1700000000009 } from '../../migrations/0009-award-terms.ts';
import { found, memberOf, programme, proposal } from '../../testing/awards.ts';
import { quotaUnderTest } from '../../testing/quota-under-test.ts';

const AWARDS = `SELECT programme_name, budget_end, warn_at_ppm, returned_by FROM award ORDER BY granted_at, id`;

describe('awards from before their terms stood on them', () => {
  it('get those that their programmes have, and who returned them', async () => {
    await using quota = await quotaUnderTest();
    const { project, clock } = quota;
    const goesOn = { slug: 'on', budgetEnd: BudgetEnd.CONTINUE_AT_LOW_PRIORITY, warnAtPpm: [] };
    await found(quota, [programme({ warnAtPpm: [500_000, 900_000] }), programme(goesOn)]);
    const owner = memberOf(project, Role.PROJECT_OWNER);
    const { programmes } = quota.for(owner);
    const { awardId } = await programmes.submitProposal(proposal(project));
    clock.advance(1);
    await programmes.submitProposal(proposal(project, { programme: 'on' }));
    await programmes.returnAward({ project, id: awardId });
    const rows = await undone(quota.database.ownerUrl, async (runner) => {
      const migration = new AwardTerms1700000000009();
      await migration.down(runner);
      await migration.up(runner);
      return runner.query(AWARDS);
    });
    const name = 'Open to all';
    expect(rows).toEqual([
      { programme_name: name, budget_end: 1, warn_at_ppm: [500_000, 900_000], returned_by: owner.reference },
      { programme_name: name, budget_end: 2, warn_at_ppm: [], returned_by: null },
    ]);
  });
});
