import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import type { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { In, type EntityManager } from 'typeorm';
import { Superseded } from './change-job.ts';
import { engineJobId } from './job-id.ts';
import type { Ports } from './ports.ts';
import { JobRow } from './tables.ts';

const BACK_OFF_MS = 250;
const BACK_OFF_MS_MAX = 10_000;

/**
 * Claims jobs that are due, oldest first. Each claim raises the job's epoch, so that an earlier claimant that comes
 * back to life can write no more. Rows that another scheduler is claiming are skipped, not waited for.
 *
 * What lies further ahead than any rest or claim may was written before the clock was set back, and is due: the engine
 * goes on counting meanwhile, and stops what is not covered. A claim counts for that when it is twice as far ahead as a
 * claim may be, so that the clocks of two schedulers may differ as much in this direction as in the other.
 *
 * @param busy ids that this process is still working on, whatever became of their claims
 */
export function claimDue({ db, clock, settings }: Ports, limit: number, busy: string[]): Promise<JobRow[]> {
  const now = clock.now();
  const later = (ms: number): Date => new Date(now.getTime() + ms);
  const restMsMax = Math.max(BACK_OFF_MS_MAX, settings.steps.observeMs);
  const ahead: [Date, Date] = [later(restMsMax), later(2 * settings.claimMs)];
  return inScope(db, 'all', (tx) => claim(tx, [now, later(settings.claimMs), limit, busy, ...ahead]));
}

type Values = [now: Date, until: Date, limit: number, busy: string[], dueMax: Date, claimedMax: Date];

async function claim(tx: EntityManager, values: Values): Promise<JobRow[]> {
  const claimed = await tx.query<{ tenantId: string; id: string; epoch: string }[]>(
    `
    WITH due AS (
      SELECT tenant_id, id FROM job
       WHERE state BETWEEN ${State.PLACED} AND ${State.STOPPING} AND (next_at <= $1 OR next_at > $5)
         AND (claimed_until IS NULL OR claimed_until <= $1 OR claimed_until > $6) AND id <> ALL($4::uuid[])
       ORDER BY next_at > $5 DESC, next_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE job SET epoch = job.epoch + 1, claimed_until = $2 FROM due
       WHERE job.tenant_id = due.tenant_id AND job.id = due.id RETURNING job.tenant_id, job.id, job.epoch
    ) SELECT tenant_id AS "tenantId", id, epoch FROM claimed`,
    values,
  );
  if (claimed.length === 0) return [];
  const rows = await tx.findBy(JobRow, { id: In(claimed.map(({ id }) => id)) });
  const mine = new Map(claimed.map((claim) => [engineJobId(claim), BigInt(claim.epoch)]));
  return rows.filter((job) => mine.get(engineJobId(job)) === job.epoch);
}

/**
 * Holds a claim on for as long as it was made for, before an effect that nobody else may have undone meanwhile.
 *
 * @throws Superseded where somebody else has claimed the job since, or it has ended
 */
export async function renewClaim({ db, clock, settings }: Ports, job: JobRow): Promise<void> {
  const { tenantId, id, epoch, state } = job;
  const claimedUntil = new Date(clock.now().getTime() + settings.claimMs);
  const { affected } = await inScope(db, job, (tx) =>
    tx.update(JobRow, { tenantId, id, epoch, state }, { claimedUntil }),
  );
  if (affected !== 1) throw new Superseded(`The claim ${epoch} on job ${id} is no longer the newest.`);
}

/**
 * Gives a claim back: the job is due again then, or at once when somebody has asked something of it meanwhile.
 *
 * @returns whether somebody has
 */
export async function releaseClaim({ db, clock }: Ports, job: JobRow, nextAt: Date): Promise<boolean> {
  const [released] = await inScope(db, job, (tx) =>
    tx.query<[{ wasAsked: boolean }[], number]>(
      `
    UPDATE job SET claimed_until = NULL, failures = 0, trouble = NULL,
           next_at = CASE WHEN resource_version = $4 THEN $5::timestamptz ELSE $6 END
     WHERE tenant_id = $1 AND id = $2 AND epoch = $3 AND next_at IS NOT NULL
     RETURNING resource_version <> $4 AS "wasAsked"`,
      [job.tenantId, job.id, job.epoch, job.resourceVersion, nextAt, clock.now()],
    ),
  );
  return released.some(({ wasAsked }) => wasAsked);
}

/** Gives a claim back after a failure that may pass: each one in a row waits twice as long, and the job says why. */
export async function backOff({ db, clock }: Ports, job: JobRow, { detail }: Problem): Promise<void> {
  const waitMs = Math.min(BACK_OFF_MS * 2 ** job.failures, BACK_OFF_MS_MAX);
  const nextAt = new Date(clock.now().getTime() + waitMs);
  await inScope(db, job, (tx) =>
    tx.query(
      `
    UPDATE job SET claimed_until = NULL, failures = failures + 1, next_at = $4, trouble = $5
     WHERE tenant_id = $1 AND id = $2 AND epoch = $3 AND next_at IS NOT NULL`,
      [job.tenantId, job.id, job.epoch, nextAt, `It goes on by itself: ${detail}`],
    ),
  );
}
