import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromJson } from '@bufbuild/protobuf';
import { GetTrialBalanceResponseSchema } from '@kontor/contracts/quota/v1/quota';
import { MemberSchema, type Member } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid7 } from '@kontor/kit/id';
import { adminUrlOf } from '@kontor/postgres/cluster';
import { withDatabase } from '@kontor/postgres/ensure-database';
import { startProgram } from '@kontor/testing/child';
import { eventually } from '@kontor/testing/eventually';
import { foundProject, grantTo, TENANT } from '@kontor/testing/founded-project';
import { startOperator, type Operator } from '@kontor/testing/operator';
import pg from 'pg';
import { CLASS, Project } from './project.ts';

const PROGRAMME = 'national-ai-mission';
const DAY_MS = 86_400_000n;
/** Five thousand device-hours: what the programme awards at once, within a year. */
const THRESHOLD_DEVICE_MS = 18_000_000_000n;

const VERIFIED =
  /: journal complete: mutations=(\d+) records=\1, chain verified to (?<head>\d+:[0-9a-f]{64})(, \d+ newer.*)?$/;

interface Proposal {
  state: string;
  awardId: string;
  rule: string;
}

let operator: Operator;
beforeAll(async () => {
  operator = await startOperator();
}, 180_000);
afterAll(async () => {
  await operator[Symbol.asyncDispose]();
}, 60_000);

describe('public money, from an application to a proof', () => {
  let project: Project;
  let awardId = '';

  it('is awarded at once, by rule, to who asks for little', async () => {
    project = new Project(operator, await foundProject(operator, 'reading'));
    await grantTo(operator, project.id, { 'CR:demo': 10_000_000n });
    const proposal = await apply(THRESHOLD_DEVICE_MS / 2n);
    expect(proposal).toMatchObject({ state: 'AWARDED' });
    awardId = proposal.awardId;
    const { text } = await get<{ text: string }>(`${project.path}/awards/${awardId}/letter`);
    expect(text).toContain(PROGRAMME);
  });

  it('pays forty per cent of a job, and the statement says so', async () => {
    const job = { ...project.newJob('sleep 1'), awardId };
    expect((await project.submit(job)).status).toBe(201);
    await project.ended(job.id);
    const { costUcr, payers } = await project.charge(job.id);
    const byAward = payers.find(({ accountId }) => accountId === awardId)?.amountUcr ?? 0n;
    expect(byAward).toBe((costUcr * 4n) / 10n);
    expect(payers.reduce((sum, { amountUcr }) => sum + amountUcr, 0n)).toBe(costUcr);

    const statement = await get<Statement>(`${project.path}/statement?accountId=${awardId}`);
    const moved = statement.lines.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    expect(BigInt(statement.opening) + moved).toBe(BigInt(statement.closing));
    const paid = statement.lines.filter(({ reservationId }) => reservationId === job.id);
    expect(paid.reduce((sum, { amount }) => sum + BigInt(amount), 0n)).toBe(-byAward);

    const { payers: budgets } = await get<{ payers: Budget[] }>(`${project.path}/budget`);
    expect(budgets.find(({ accountId }) => accountId === awardId)).toMatchObject({
      programme: PROGRAMME,
      spentUcr: String(byAward),
      setAsideUcr: '0',
      sharePpm: 400_000,
    });
  });

  it('goes to people when somebody splits a large request, and takes two of them', async () => {
    const [staff, staff2] = [operator.as('staff'), operator.as('staff2')];
    // Only who was known here before it may decide about it.
    await staff2.get('/v1/me');
    const proposal = await apply(THRESHOLD_DEVICE_MS / 2n + 1n);
    expect(proposal).toMatchObject({ state: 'PENDING' });
    const changes = `${project.path}/changes`;
    const change = {
      id: uuid7(),
      reason: 'Well argued.',
      matter: { award: { project: ref(), proposalId: proposal.id, grantedUcr: '1000000' } },
    };
    await staff.done(changes, change);
    expect((await staff.post(`${changes}/${change.id}/agree`)).body).toMatchObject({ code: 'self_approval' });
    expect((await proposalOf(proposal.id)).state).toBe('PENDING');
    const agreed = await staff2.done(`${changes}/${change.id}/agree`);
    expect((await proposalOf(proposal.id)).state).toBe('AWARDED');
    expect(await staff2.done(`${changes}/${change.id}/agree`)).toEqual(agreed);
    expect((await staff2.post(`/v1/changes/${change.id}/reject`, { reason: 'Too late.' })).status).toBe(409);
  });

  it('stays proved when the person is forgotten', async () => {
    const members = await project.rest.all(`${project.path}/members`, 'members');
    const isTheirs = ({ email }: Member): boolean => email === 'researcher@demo.example';
    const person = members.map((member) => fromJson(MemberSchema, member)).find(isTheirs);
    await operator.as('staff').done(`/v1/persons/${person?.personId}/erase`, { reason: 'They asked for it.' });

    const auditor = operator.as('auditor');
    for (const service of ['quota', 'compute', 'tenancy']) {
      const verdict = await auditor.done(`/v1/journals/${service}/verify`, { count: true });
      expect(verdict).toMatchObject({ faults: [] });
      const { body } = await auditor.get(`/v1/journals/${service}?pageSize=500`);
      expect(JSON.stringify(body)).not.toMatch(/researcher|demo\.example/);
    }
    const { body } = await auditor.get('/v1/trial-balance');
    const { assets } = fromJson(GetTrialBalanceResponseSchema, body);
    expect(assets.every(({ sum, held, heldByLegs }) => sum === 0n && held === heldByLegs)).toBe(true);
    expect((await auditor.get(`${project.path}/charge-records`)).status).toBe(200);
    const isGone = async () => (await project.rest.get(project.path)).status === 404;
    await eventually('the project is nowhere for who was forgotten', isGone, { withinMs: 10_000 });
  });

  it('is verified by any auditor, until somebody meddles with what was written', async () => {
    const first = await verify();
    expect(first.code).toBe(0);
    const lines = first.output.trim().split('\n');
    expect(lines.map((line) => line.replace(VERIFIED, ''))).toEqual(['tenancy', 'quota', 'compute']);
    const heads = lines.map((line) => line.replace(VERIFIED, ':$<head>'));
    const [{ actor = '' } = {}] = await sql('quota', 'SELECT actor FROM journal ORDER BY seq LIMIT 1');
    const rename = (to: string) =>
      sql('quota', 'UPDATE journal SET actor = $1 WHERE seq = (SELECT min(seq) FROM journal)', [to]);

    await rename('nobody');
    expect(await verify()).toEqual({
      code: 1,
      output: expect.stringMatching(/^quota: journal complete.*chain BROKEN/m),
    });
    await rename(actor);
    expect(await verify(heads)).toMatchObject({ code: 0 });
    await sql('compute', `DELETE FROM journal WHERE seq = (SELECT min(seq) FROM journal WHERE action LIKE 'job.%')`);
    const last = await verify(heads);
    expect(last).toEqual({
      code: 1,
      output: expect.stringMatching(/^compute: journal INCOMPLETE: .*\(changes of jobs: .*chain BROKEN/m),
    });
  });

  interface Statement {
    opening: string;
    closing: string;
    lines: { reservationId: string; amount: string }[];
  }

  interface Budget {
    accountId: string;
  }

  /** As an auditor would, `npm run verify -- journal`. */
  async function verify(heads: string[] = []): Promise<{ code: unknown; output: string }> {
    const { gateway, identity } = operator.ports;
    const ports = { KONTOR_GATEWAY_PORT: String(gateway), KONTOR_IDENTITY_PORT: String(identity) };
    const args = ['journal', ...heads.map((head) => `--head=${head}`)];
    await using child = startProgram('tools/verify/verify.ts', args, { NODE_OPTIONS: '', ...ports });
    return { code: await child.exited, output: child.output() };
  }

  /** Around the service, as the superuser of PostgreSQL. */
  async function sql(service: string, text: string, values: string[] = []): Promise<{ actor?: string }[]> {
    const adminUrl = adminUrlOf(join(operator.home, 'postgres'), operator.ports.postgres);
    const client = new pg.Client({ connectionString: withDatabase(adminUrl, `kontor_${service}`) });
    await client.connect();
    const { rows } = await client.query<{ actor?: string }>(text, values);
    await client.end();
    return rows;
  }

  const ref = () => ({ tenantId: TENANT, projectId: project.id });

  const get = async <T>(path: string): Promise<T> => {
    const body: unknown = (await project.rest.get(path)).body;
    return body as T;
  };

  const proposalOf = (id: string): Promise<Proposal> => get<Proposal>(`${project.path}/proposals/${id}`);

  /** Asks for a million µcr, and for so much device time. */
  async function apply(deviceMs: bigint): Promise<Proposal & { id: string }> {
    const id = uuid7();
    const proposal: unknown = await project.rest.done(`${project.path}/proposals`, {
      id,
      programme: PROGRAMME,
      requestedUcr: '1000000',
      limits: [{ acceleratorClass: CLASS, deviceMs: String(deviceMs), slots: 4 }],
      purpose: 'To learn to read.',
      durationMs: String(30n * DAY_MS),
      attributes: { institution: 'university' },
    });
    return { ...(proposal as Proposal), id };
  }
});
