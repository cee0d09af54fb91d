import type { People } from './people.ts';
import type { Rest } from './rest.ts';
import type { SampleState } from './sample-state.ts';

const PROGRAMME = 'national-ai-mission';
const CREDITS = 10_000_000n;
const DAY_MS = 86_400_000n;

interface Project {
  tenantId: string;
  projectId: string;
}

/**
 * How the sample project comes to its means: operator staff grant it ten credits of its own, and the researcher asks a
 * programme to pay a share, which is awarded at once by rule, with the device time and the cores that it needs. Answers
 * the award's id.
 */
export async function fundSample(
  { staff, researcher }: People,
  operator: string,
  acceleratorClass: string,
  project: Project,
  ids: SampleState['ids'],
): Promise<string> {
  await grantCredits(staff.rest, `CR:${operator}`, project, ids.grant);
  const proposal = (await researcher.rest.post(`/v1/projects/${project.projectId}/proposals`, {
    id: ids.proposal,
    programme: PROGRAMME,
    requestedUcr: String(CREDITS),
    limits: [{ acceleratorClass, deviceMs: '36000000', slots: 16 }],
    purpose: 'To learn to read handwritten digits.',
    durationMs: String(30n * DAY_MS),
    attributes: { institution: 'university' },
  })) as { awardId?: string; reasons?: string };
  if (proposal.awardId) return proposal.awardId;
  throw new Error(`The programme did not award at once: ${proposal.reasons ?? ''}`);
}

async function grantCredits(rest: Rest, asset: string, project: Project, id: string): Promise<void> {
  const debitAccountId = await openAccount(rest, { purpose: 'TREASURY', asset });
  const creditAccountId = await openAccount(rest, { purpose: 'PROJECT', asset, project });
  const amount = String(CREDITS);
  await rest.post('/v1/transfers', { id, debitAccountId, creditAccountId, amount, reason: 'GRANT' });
}

async function openAccount(rest: Rest, account: object): Promise<string> {
  return ((await rest.post('/v1/accounts', account)) as { id: string }).id;
}
