import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  Member_Role as Role,
  type CreateProjectTokenRequest,
  type ListProjectTokensRequest,
  type ListProjectTokensResponseSchema,
  type NewProjectTokenSchema,
  type ProjectTokenSchema,
  type RevokeProjectTokenRequest,
} from '@kontor/contracts/tenancy/v1/tenancy';
import type { Call } from '@kontor/kit/grpc';
import { uuid7 } from '@kontor/kit/id';
import { journal } from '@kontor/kit/journal';
import { NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import { In, IsNull, MoreThan, type EntityManager } from 'typeorm';
import { idTaken, whereIdIsFree } from './ids.ts';
import type { Occasion } from './invitations.ts';
import { namesBehind } from './people.ts';
import type { Ports } from './ports.ts';
import { findProject, lockProject } from './projects.ts';
import { newSecret } from './secret.ts';
import { ProjectTokenRow } from './tables.ts';

type TokenMessage = MessageInitShape<typeof ProjectTokenSchema>;

const LIVE_MAX = 50;

/**
 * Makes a token, or another secret for the one that the same person asks for again: the first may never have arrived.
 *
 * @throws Problem project_not_found, token_expiry_invalid, too_many_tokens, project_token_exists
 */
export function createProjectToken(
  { db, clock }: Ports,
  request: CreateProjectTokenRequest,
  { actor }: Call,
): Promise<MessageInitShape<typeof NewProjectTokenSchema>> {
  const { tenantId, projectId } = projectOf(request);
  const at = clock.now();
  const expiresAt = expiryOf(request, at);
  const { name, role } = request;
  const { secret, secretSha256 } = newSecret('kpt');
  const token: ProjectTokenRow = {
    id: request.id || uuid7(),
    tenantId,
    projectId,
    name,
    role,
    secretSha256,
    createdBy: actor,
    createdAt: at,
    expiresAt,
    revokedAt: null,
  };
  return inScope(db, { tenantId }, async (tx) => {
    // Of two who make one at the same time the second counts the first's.
    await lockProject(tx, tenantId, projectId);
    const where = { tenantId, id: token.id };
    const known = await tx.findOne(ProjectTokenRow, { where, lock: { mode: 'pessimistic_write' } });
    await (known ? replaceSecret(tx, known, token) : insertToken(tx, token));
    return { token: await tokenMessage(tx, known ?? token), secret };
  });
}

async function insertToken(tx: EntityManager, token: ProjectTokenRow): Promise<void> {
  const { tenantId, projectId, createdAt: at } = token;
  const live = { tenantId, projectId, revokedAt: IsNull(), expiresAt: MoreThan(at) };
  if ((await tx.countBy(ProjectTokenRow, live)) >= LIVE_MAX) {
    const detail = `The project has ${LIVE_MAX} tokens that are good.`;
    throw Problem.refused('too_many_tokens', detail, 'Take back one that nobody needs.');
  }
  await tx.insert(ProjectTokenRow, token).catch(whereIdIsFree('project_token'));
  await journal(tx, [{ ...recordOf(token), action: 'project-token.create' }]);
}

/** @throws Problem project_token_exists, where what is asked for is not the token as it is */
async function replaceSecret(tx: EntityManager, known: ProjectTokenRow, asked: ProjectTokenRow): Promise<void> {
  const contentOf = (token: ProjectTokenRow) =>
    JSON.stringify([token.projectId, token.name, token.role, token.expiresAt, token.createdBy, token.revokedAt]);
  if (contentOf(known) !== contentOf(asked)) throw idTaken('project_token');
  const { tenantId, id, secretSha256 } = asked;
  await tx.update(ProjectTokenRow, { tenantId, id }, { secretSha256 });
  await journal(tx, [{ ...recordOf(asked), action: 'project-token.replace-secret' }]);
}

const recordOf = ({ id: subject, tenantId, projectId, role, expiresAt, createdBy, createdAt }: ProjectTokenRow) => ({
  at: createdAt,
  actor: createdBy,
  tenantId,
  subject,
  after: { projectId, role: Role[role], expiresAt },
});

/** Newest first, those that are over too. */
export function listProjectTokens(
  { db }: Ports,
  request: ListProjectTokensRequest,
): Promise<MessageInitShape<typeof ListProjectTokensResponseSchema>> {
  const { tenantId, projectId } = projectOf(request);
  const { size, after, cut } = pageOf(request, NEWEST_FIRST);
  return inScope(db, { tenantId }, async (tx) => {
    await findProject(tx, tenantId, projectId);
    const query = tx
      .createQueryBuilder(ProjectTokenRow, 'token')
      .where({ tenantId, projectId })
      .orderBy('token.createdAt', 'DESC')
      .addOrderBy('token.id', 'DESC')
      .limit(size + 1);
    if (after) query.andWhere('(token.createdAt, token.id) < (:at, :id)', { at: after[0], id: after[1] });
    const { items, page } = cut(await query.getMany(), ({ createdAt, id }) => [createdAt, id]);
    return { tokens: await tokenMessages(tx, items), page };
  });
}

/**
 * Ends a token at once. One that has ended already stays so.
 *
 * @throws Problem project_token_not_found, also for a token of another project
 */
export function revokeProjectToken(
  { db, clock }: Ports,
  request: RevokeProjectTokenRequest,
  { actor }: Call,
): Promise<TokenMessage> {
  const { tenantId, projectId } = projectOf(request);
  const { id } = request;
  const at = clock.now();
  return inScope(db, { tenantId }, async (tx) => {
    const where = { tenantId, projectId, id };
    const token = await tx.findOne(ProjectTokenRow, { where, lock: { mode: 'pessimistic_write' } });
    if (!token) throw Problem.notFound('project_token', id);
    if (token.revokedAt) return tokenMessage(tx, token);
    await takeBackTokens(tx, [token], { actor, at });
    return tokenMessage(tx, { ...token, revokedAt: at });
  });
}

/** Ends tokens that have not ended, each with its own record. They must be locked. */
export async function takeBackTokens(
  tx: EntityManager,
  tokens: ProjectTokenRow[],
  { actor, at }: Occasion,
): Promise<void> {
  await tx.update(ProjectTokenRow, { id: In(tokens.map(({ id }) => id)) }, { revokedAt: at });
  await journal(
    tx,
    tokens.map(({ id: subject, tenantId, projectId }) => {
      const after = { projectId, revokedAt: at };
      return { at, actor, action: 'project-token.revoke', tenantId, subject, after };
    }),
  );
}

/** Ahead, and at most a year. */
function expiryOf({ expiresAt }: CreateProjectTokenRequest, now: Date): Date {
  const latest = new Date(now);
  latest.setUTCFullYear(latest.getUTCFullYear() + 1);
  const expiry = expiresAt ? timestampDate(expiresAt) : now;
  if (expiry > now && expiry <= latest) return expiry;
  const violation = { field: 'expiresAt', detail: 'must be ahead, and at most a year' };
  const detail = `A token can be good until ${latest.toISOString()} at most, and for some time at least.`;
  throw Problem.invalid('token_expiry_invalid', detail, 'Choose an earlier end that is still ahead.', [violation]);
}

const tokenMessage = async (tx: EntityManager, token: ProjectTokenRow): Promise<TokenMessage> =>
  toToken(token, await namesBehind(tx, [token.createdBy]));

async function tokenMessages(tx: EntityManager, tokens: ProjectTokenRow[]): Promise<TokenMessage[]> {
  const names = await namesBehind(tx, [...new Set(tokens.map(({ createdBy }) => createdBy))]);
  return tokens.map((token) => toToken(token, names));
}

const toToken = (token: ProjectTokenRow, nameOf: Map<string, string>): TokenMessage => ({
  id: token.id,
  project: { tenantId: token.tenantId, projectId: token.projectId },
  name: token.name,
  role: token.role,
  expiresAt: timestampFromDate(token.expiresAt),
  createdAt: timestampFromDate(token.createdAt),
  createdBy: token.createdBy,
  createdByName: nameOf.get(token.createdBy) ?? '',
  ...(token.revokedAt && { revokedAt: timestampFromDate(token.revokedAt) }),
});
