import type { ProgrammeTerms } from '@kontor/contracts/quota/v1/programme';
import type { ClientBase } from 'pg';
import type { Amounts, Standing } from './decide-proposal.ts';

/** Whose proposal it is, and to which programme. */
interface Parties {
  programmeId: string;
  tenantId: string;
  projectId: string;
  applicant: string;
}

/** Sums are exact and may be larger than any column: they travel as text. */
const SUMS = `
  SELECT coalesce(sum(granted_ucr - returned_ucr) FILTER (WHERE tenant_id = $2), 0)::text AS "netUcr",
    coalesce(sum(granted_ucr) FILTER (WHERE tenant_id = $2 AND granted_at > $4), 0)::text AS "tenantUcr",
    coalesce(sum(device_ms) FILTER (WHERE tenant_id = $2 AND granted_at > $4), 0)::text AS "tenantDeviceMs",
    coalesce(sum(slots) FILTER (WHERE tenant_id = $2 AND granted_at > $4), 0)::text AS "tenantSlots",
    coalesce(sum(granted_ucr) FILTER (WHERE applicant = $3 AND granted_at > $4), 0)::text AS "applicantUcr",
    coalesce(sum(device_ms) FILTER (WHERE applicant = $3 AND granted_at > $4), 0)::text AS "applicantDeviceMs",
    coalesce(sum(slots) FILTER (WHERE applicant = $3 AND granted_at > $4), 0)::text AS "applicantSlots",
    count(*) FILTER (WHERE tenant_id = $2 AND project_id = $5 AND due_at IS NOT NULL)::text AS open
  FROM award WHERE programme_id = $1 AND (tenant_id = $2 OR applicant = $3)`;

/** What a tenant and an applicant got of a programme. Whoever asks holds the lock of its pot, so none can be added. */
export async function readStanding(
  client: ClientBase,
  { programmeId, tenantId, projectId, applicant }: Parties,
  { threshold }: ProgrammeTerms,
  leftUcr: bigint,
  now: Date,
): Promise<Standing> {
  const since = new Date(now.getTime() - Number(threshold?.windowMs ?? 0n));
  const {
    rows: [sums = {}],
  } = await client.query<Record<string, string>>(SUMS, [programmeId, tenantId, applicant, since, projectId]);
  const amount = (name: string): bigint => BigInt(sums[name] ?? 0);
  const amounts = (whose: string): Amounts => ({
    ucr: amount(`${whose}Ucr`),
    deviceMs: amount(`${whose}DeviceMs`),
    slots: Number(amount(`${whose}Slots`)),
  });
  return {
    now,
    leftUcr,
    beneficiaryUcr: amount('netUcr'),
    openAwards: Number(amount('open')),
    toBeneficiary: amounts('tenant'),
    toApplicant: amounts('applicant'),
  };
}
