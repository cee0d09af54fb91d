import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { AwardSchema } from '@kontor/contracts/quota/v1/programme';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Problem } from '@kontor/kit/problem';
import type { ObjectLiteral, SelectQueryBuilder, EntityManager } from 'typeorm';
import { AwardRow, ProgrammeRow } from '../programme-tables.ts';
import { AccountRow } from '../tables.ts';

/** An award with its account, which says what it has left, and its programme. */
export interface AwardFacts {
  award: AwardRow;
  account: AccountRow;
  programme: ProgrammeRow;
}

/** Awards that satisfy a condition on `award`, each with its account and programme. */
export async function findAwards(
  manager: EntityManager,
  where: string,
  values: ObjectLiteral,
  narrow = (query: SelectQueryBuilder<AwardRow>): SelectQueryBuilder<AwardRow> => query,
): Promise<AwardFacts[]> {
  const query = manager.createQueryBuilder(AwardRow, 'award').where(where, values);
  const awards = await narrow(query).getMany();
  if (awards.length === 0) return [];
  const ids = { ids: awards.map(({ id }) => id), programmes: awards.map(({ programmeId }) => programmeId) };
  const [accounts, programmes] = await Promise.all([
    manager.createQueryBuilder(AccountRow, 'a').where('a.id = ANY(:ids)', ids).getMany(),
    manager.createQueryBuilder(ProgrammeRow, 'p').where('p.id = ANY(:programmes)', ids).getMany(),
  ]);
  const byId = <T extends { id: string }>(rows: T[]) => new Map(rows.map((row) => [row.id, row]));
  const [accountOf, programmeOf] = [byId(accounts), byId(programmes)];
  return awards.flatMap((award) => {
    const [account, programme] = [accountOf.get(award.id), programmeOf.get(award.programmeId)];
    return account && programme ? [{ award, account, programme }] : [];
  });
}

/** One award of a project. @throws Problem `award_not_found`, also where it is another project's */
export async function findAward(manager: EntityManager, project: ProjectRef, id: string): Promise<AwardFacts> {
  const { tenantId, projectId } = project;
  const one = 'award.id = :id AND award.tenant_id = :tenantId AND award.project_id = :projectId';
  const [found] = await findAwards(manager, one, { id, tenantId, projectId });
  if (!found) throw Problem.notFound('award', id);
  return found;
}

/** Its end; the database promises that an award's account has one. */
export function endOf({ account: { endsAt, id } }: AwardFacts): Date {
  if (!endsAt) throw new Error(`The account ${id} is not an award's.`);
  return endsAt;
}

export function awardMessage(facts: AwardFacts): MessageInitShape<typeof AwardSchema> {
  const { award, account, programme } = facts;
  const { tenantId, projectId, id, proposalId, grantedUcr, returnedUcr, limits, grantedAt, dueAt } = award;
  return {
    project: { tenantId, projectId },
    id,
    programme: programme.slug,
    proposalId,
    grantedUcr,
    heldUcr: account.held,
    leftUcr: account.balance - account.held,
    returnedUcr,
    subsidyPpm: account.subsidyPpm ?? 0,
    limits: limits.map((limit) => ({ ...limit, deviceMs: BigInt(limit.deviceMs) })),
    grantedAt: timestampFromDate(grantedAt),
    endsAt: timestampFromDate(endOf(facts)),
    isClosed: dueAt === null,
    budgetEnd: award.budgetEnd,
    resourceVersion: award.resourceVersion,
  };
}
