import type { People } from './people.ts';
import type { SampleState } from './sample-state.ts';

const PROGRAMME = 'national-ai-mission';
const CREDITS = 10_000_000n;
const DAY_MS = 86_400_000n;

interface Project {
  tenantId: string;
  projectId: string;
}

/**
 * How the sample project comes to its means: two of operator staff grant it ten credits of its own, and the researcher
 * asks a programme to pay a share, which is awarded at once by rule, with the device time and the cores that it needs.
 * Answers the award's id.
 */
export async function fundSample(
  { staff, staff2, researcher }: People,
  acceleratorClass: string,
  project: Project,
  ids: SampleState['ids'],
): Promise<string> {
  const path = `/v1/projects/${project.projectId}`;
  const matter = { grant: { project, amountUcr: String(CREDITS) } };
  // Whoever agrees must have been known here before.
  await staff2.rest.get('/v1/me');
  await staff.rest.post(`${path}/changes`, { id: ids.grant, matter, reason: 'For the sample.' });
  await staff2.rest.post(`${path}/changes/${ids.grant}/agree`, {});
  const proposal = (await researcher.rest.post(`${path}/proposals`, {
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
