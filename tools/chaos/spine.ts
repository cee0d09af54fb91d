import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { demoTokens } from '@kontor/keycloak/demo-users';
import { withDatabase } from '@kontor/postgres/ensure-database';
import { eventually } from '@kontor/testing/eventually';
import { startOperator, type Operator } from '@kontor/testing/operator';
import { restOf } from '../start/rest.ts';
import { journaled, journalOf } from '../verify/journal.ts';
import { inspect } from './books.ts';
import { journalsHold } from './journals.ts';
import { whileKilling, type ChaosOptions, type Outcome } from './suite.ts';
import { jobProcesses, untilNoneAlive } from './orphans.ts';
import { seeded, type Seeded } from './seeded.ts';
import { SmallJobs } from './small-jobs.ts';

const PATIENCE = { withinMs: 60_000 };
const VICTIMS = ['identity', 'tenancy', 'quota', 'compute', 'gateway', 'postgres'] as const;

/** Every labelled point between reserve, submit, record, advance and settle; a spec checks that none is missing. */
export const POINTS = [
  'engine.folder-made',
  'engine.spec-written',
  'engine.job-accepted',
  'engine.shim-spawned',
  'quota.before-begin',
  'quota.after-lock',
  'quota.before-commit',
  'quota.after-commit',
  'quota.before-reply',
  'compute.after-occupy',
  'compute.after-reserve',
  'compute.before-submit',
  'compute.after-submit',
  'compute.after-observe',
  'compute.after-advance',
  'compute.before-settle',
  'compute.after-settle',
  'compute.before-finish',
];

/**
 * Jobs through the public API while every process of the operator, PostgreSQL included, is killed at random moments and
 * at every labelled point. Afterwards plain SQL counts what was lost, charged twice or left behind, and how many jobs
 * failed by the fault of the site.
 */
export async function run({ seed, nightly }: ChaosOptions): Promise<Outcome> {
  const jobs = nightly ? 1_000 : 100;
  const random = seeded(seed);
  const folder = mkdtempSync(join(tmpdir(), 'kontor-chaos-'));
  const crashFile = join(folder, 'crash-at');
  await using operator = await startOperator({
    home: join(folder, 'home'),
    env: {
      KONTOR_CRASH_FILE: crashFile,
      KONTOR_COVER_MS: '2000',
      KONTOR_COVER_MARGIN_MS: '1000',
    },
  });
  const small = await SmallJobs.of(operator, random);

  const points = await crashAtPoints(small, crashFile);
  const kills = await killAtRandom(operator, small, random, jobs - POINTS.length);
  await small.allEnded();
  const orphans = await untilNoneAlive(operator.home);
  const findings = await inspect(databases(operator), small.ids, small.ids);
  const auditor = restOf(operator.url, demoTokens(operator.ports.identity, 'auditor'));
  const journals = journaled().map((service) => [service, journalOf(auditor, service)] as const);
  const areJournaled = await journalsHold(Object.fromEntries(journals));
  const doubled = findings.doubled + (await small.ranTwice());
  const counts = {
    jobs: small.ids.length,
    lost: findings.lost,
    failed: findings.failed,
    doubled,
    orphans: orphans + findings.leftovers,
    sum: findings.sum,
    kills,
    points: `${points}/${POINTS.length}`,
  };
  const pass =
    areJournaled &&
    small.ids.length === jobs &&
    // Whoever is away for longer than a job's cover costs it its end, but not most of them theirs.
    2 * counts.failed < jobs &&
    counts.lost + doubled + counts.orphans === 0 &&
    counts.sum === 0n &&
    points === POINTS.length;
  await operator.stop();
  if (pass) rmSync(folder, { recursive: true, force: true });
  else
    console.error(
      `What it left is in ${folder}; processes of jobs: ${jobProcesses(operator.home).join(', ') || 'none'}.`,
    );
  return { counts, pass };
}

/** Arms one point after the other, and sends a job through it. Answers how many were really passed. */
async function crashAtPoints(small: SmallJobs, crashFile: string): Promise<number> {
  let passed = 0;
  for (const point of POINTS) {
    writeFileSync(crashFile, point);
    await small.submit();
    await eventually(`the process that passes ${point} has crashed`, () => !existsSync(crashFile), PATIENCE).then(
      () => passed++,
      (error: Error) => console.error(error.message),
    );
    rmSync(crashFile, { force: true });
  }
  return passed;
}

/**
 * Submits jobs while one process after the other is killed, each once the last is back, round after round in another
 * order, until all jobs are submitted and everybody was killed at least once. Answers how many kills that were.
 */
async function killAtRandom(operator: Operator, small: SmallJobs, random: Seeded, jobs: number): Promise<number> {
  const submit = async (failed: AbortSignal) => {
    for (let n = 0; n < jobs; n++) {
      await small.submit();
      await sleep(random.between(50, 500), undefined, { signal: failed });
    }
  };
  return whileKilling(submit, async (failed, isWorking) => {
    let kills = 0;
    do {
      for (const victim of random.shuffled(VICTIMS)) {
        await sleep(random.between(100, 2_000), undefined, { signal: failed });
        await eventually(`${victim} is killed`, () => kill(operator.pidOf(victim)), PATIENCE);
        kills++;
        await eventually(
          'the operator serves again',
          async () => (await fetch(`${operator.url}/healthz`)).ok,
          PATIENCE,
        );
      }
    } while (isWorking());
    return kills;
  });
}

/** Whether there was one to be killed. */
function kill(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** As PostgreSQL's superuser, who sees everything. */
function databases({ home, ports }: Operator): { quota: string; compute: string } {
  const password = readFileSync(join(home, 'postgres', 'superuser.password'), 'utf8').trim();
  const url = `postgres://postgres:${password}@127.0.0.1:${ports.postgres}/postgres`;
  return { quota: withDatabase(url, 'kontor_quota'), compute: withDatabase(url, 'kontor_compute') };
}
