import { Job_Priority as Priority } from '@kontor/contracts/compute/v1/compute';
import { ProgrammeTerms_BudgetEnd as BudgetEnd } from '@kontor/contracts/quota/v1/programme';
import { inScope } from '@kontor/kit/tenant-scope';
import { goesOnUnpaid, isOfAward, outlookOf } from '../budget-outlook.ts';
import { changeJob } from '../change-job.ts';
import { coverWanted } from '../cover.ts';
import { engineJobId } from '../job-id.ts';
import type { Ports } from '../ports.ts';
import type { JobRow } from '../tables.ts';
import { askForCover, reportUse } from './cover-with-ledger.ts';
import type { Progress } from './step.ts';

/**
 * Posts what a job used and covers its next interval, first with the ledger, then with the engine. What cannot be
 * covered whole is covered as far as its payers' means go, and the job says so. Where nothing more is paid, its cover
 * ends: the engine gives notice and stops it; or, where its award is what ended and the programme lets it, it goes on
 * at low priority, interval by interval, covered with the engine alone.
 */
export async function advance(ports: Ports, job: JobRow): Promise<Progress> {
  const wantedMs = coverWanted(job.elapsedMs, job.workload, ports.settings.terms.cover);
  return job.priority === Priority.LOW ? goOn(ports, job, wantedMs) : payOn(ports, job, wantedMs);
}

async function payOn(ports: Ports, job: JobRow, wantedMs: bigint): Promise<Progress> {
  const terms = ports.settings.terms.cover;
  const granted = await askForCover(ports, job, wantedMs);
  await ports.failpoint('compute.after-advance');
  if (granted === undefined) return { job, isDone: true };

  const at = ports.clock.now();
  const outlook = outlookOf(job, wantedMs, granted, at, terms);
  const { shortOf, endsAt } = outlook;
  const goesOn = isOfAward(shortOf) && (await mayGoOn(ports, job));
  const isUnpaid = goesOn && goesOnUnpaid(job, outlook, granted, terms);
  const coverMs = isUnpaid ? wantedMs : outlook.paidMs;
  return cover(ports, job, coverMs, {
    ...(granted.deviceMs > job.coverDeviceMs && { coverDeviceMs: granted.deviceMs }),
    ...(shortOf !== job.shortOf && { shortOf }),
    ...(goesOn !== job.goesOn && { goesOn }),
    ...(endsAt !== job.budgetEndsAt && { budgetEndsAt: endsAt }),
    ...(isUnpaid && { priority: Priority.LOW }),
    ...(shortOf !== null && { askedAt: at }),
  });
}

/** Use beyond what was paid for is the operator's: the ledger books it as late, and nobody is charged. */
async function goOn(ports: Ports, job: JobRow, wantedMs: bigint): Promise<Progress> {
  const isHeard = await reportUse(ports, job);
  await ports.failpoint('compute.after-advance');
  return cover(ports, job, isHeard ? wantedMs : job.coverMs, {});
}

/** The engine first: were it written down first, a crash between them could leave a job that stops too early. */
async function cover(ports: Ports, job: JobRow, coverMs: bigint, changes: Partial<JobRow>): Promise<Progress> {
  const isMore = coverMs > job.coverMs;
  const seen = isMore ? await ports.engine.extendCover({ jobId: engineJobId(job), coverMs }) : undefined;
  const all = { ...changes, ...(isMore && { coverMs }) };
  if (Object.keys(all).length === 0) return { job, seen, isDone: true };
  const at = ports.clock.now();
  return { job: await inScope(ports.db, job, (tx) => changeJob(tx, job, all, at)), seen, isDone: true };
}

async function mayGoOn({ programmes }: Ports, { tenantId, projectId, awardId }: JobRow): Promise<boolean> {
  if (awardId === null) return false;
  const { budgetEnd } = await programmes.getAward({ project: { tenantId, projectId }, id: awardId });
  return budgetEnd === BudgetEnd.CONTINUE_AT_LOW_PRIORITY;
}
