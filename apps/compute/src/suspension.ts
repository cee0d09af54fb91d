import { Injectable } from '@nestjs/common';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { journal } from '@kontor/kit/journal';
import { enterScope, inScope } from '@kontor/kit/tenant-scope';
import type { EntityManager } from 'typeorm';
import { IS_SUSPENDED } from './admission/suspended.ts';
import { Ports } from './ports.ts';
import { Recurring } from './recurring.ts';
import { JobRow } from './tables.ts';

/** Most projects that tenancy is asked about at once. */
const PROJECTS_AT_ONCE = 1_000;
const NONE = '00000000-0000-0000-0000-000000000000';

interface Project {
  tenantId: string;
  projectId: string;
}

/**
 * Keeps jobs in step with what tenancy says of their projects: where nobody works, those that wait go on waiting and
 * those that run are told to end. While tenancy does not answer, what it said last holds.
 */
@Injectable()
export class SuspensionWatch {
  readonly #recurring: Recurring;
  #changed: () => void = () => undefined;

  constructor(private readonly ports: Ports) {
    this.#recurring = new Recurring(
      ports.settings.suspensionMs,
      async () => (await this.refresh()) > 0 && this.#changed(),
      (error) => ports.log.warn({ err: error }, 'nobody says now which projects are suspended'),
    );
  }

  /** @param changed called when jobs have changed that somebody should look at */
  refreshWhenDue(changed: () => void): void {
    this.#changed = changed;
    this.#recurring.whenDue();
  }

  /** Asks about every project that has jobs which have not ended, and answers how many of these changed. */
  async refresh(): Promise<number> {
    const { db, tenancy, clock } = this.ports;
    let changed = 0;
    let last: Project = { tenantId: NONE, projectId: NONE };
    for (;;) {
      const page = [last.tenantId, last.projectId, PROJECTS_AT_ONCE];
      const asked = await inScope(db, 'all', (tx) => tx.query<Project[]>(AT_WORK, page));
      const next = asked.at(-1);
      if (!next) return changed;
      const { projects } = await tenancy.listSuspendedProjects({ projects: asked });
      changed += await inScope(db, 'all', (tx) => writeDown(tx, asked, projects, clock.now()));
      last = next;
    }
  }
}

async function writeDown(tx: EntityManager, asked: Project[], suspended: Project[], at: Date): Promise<number> {
  const pairs = (projects: Project[]) => [
    projects.map(({ tenantId }) => tenantId),
    projects.map(({ projectId }) => projectId),
  ];
  await tx.query(SUSPEND, pairs(suspended));
  await tx.query(RESUME, [...pairs(asked), ...pairs(suspended)]);
  const held = await tx.query<object[]>(HOLD_QUEUED, [...pairs(suspended), IS_SUSPENDED]);
  const freed = await tx.query<object[]>(FREE_QUEUED, pairs(asked));
  const toEnd = await tx.query<Pick<JobRow, 'tenantId' | 'id' | 'state'>[]>(TO_END, pairs(suspended));
  for (const job of toEnd) await tellToEnd(tx, job, at);
  return held.length + freed.length + toEnd.length;
}

/** Written as the job's tenant. Whoever works on it sees by its version that it has to end. */
async function tellToEnd(
  tx: EntityManager,
  { tenantId, id, state }: Pick<JobRow, 'tenantId' | 'id' | 'state'>,
  at: Date,
): Promise<void> {
  await enterScope(tx, { tenantId });
  const set = { isSuspended: true, nextAt: at, resourceVersion: () => 'resource_version + 1' };
  await tx.update(JobRow, { tenantId, id }, set);
  const before = { state: State[state] };
  await journal(tx, [{ at, actor: 'compute', action: 'job.suspended', subject: id, tenantId, before }]);
}

/** Two halves, for each of which there is an index. */
const AT_WORK = `
  SELECT tenant_id AS "tenantId", project_id AS "projectId" FROM job
   WHERE state = ${State.QUEUED} AND (tenant_id, project_id) > ($1, $2)
  UNION
  SELECT tenant_id, project_id FROM job
   WHERE state BETWEEN ${State.PLACED} AND ${State.STOPPING} AND (tenant_id, project_id) > ($1, $2)
   ORDER BY 1, 2 LIMIT $3`;

const pairsOf = (n: number): string => `(SELECT * FROM unnest($${n}::uuid[], $${n + 1}::uuid[]))`;

const SUSPEND = `INSERT INTO suspension (tenant_id, project_id) ${pairsOf(1)} ON CONFLICT DO NOTHING`;

const RESUME = `
  DELETE FROM suspension
   WHERE (tenant_id, project_id) IN ${pairsOf(1)} AND (tenant_id, project_id) NOT IN ${pairsOf(3)}`;

const HOLD_QUEUED = `
  WITH held AS (
    UPDATE job SET waits_for = 'suspended', detail = $3
     WHERE state = ${State.QUEUED} AND waits_for IS DISTINCT FROM 'suspended'
       AND (tenant_id, project_id) IN ${pairsOf(1)} RETURNING id
  ) SELECT id FROM held`;

/** They wait for room again; what else they wait for is found out when there is some. */
const FREE_QUEUED = `
  WITH freed AS (
    UPDATE job j SET waits_for = 'placement', detail = 'Its project works again, and it waits for room.'
     WHERE state = ${State.QUEUED} AND waits_for = 'suspended' AND (tenant_id, project_id) IN ${pairsOf(1)}
       AND NOT EXISTS (SELECT FROM suspension s WHERE s.tenant_id = j.tenant_id AND s.project_id = j.project_id)
    RETURNING id
  ) SELECT id FROM freed`;

const TO_END = `
  SELECT tenant_id AS "tenantId", id, state FROM job
   WHERE state BETWEEN ${State.PLACED} AND ${State.STOPPING} AND outcome IS NULL
     AND NOT is_suspended AND NOT is_cancel_asked AND (tenant_id, project_id) IN ${pairsOf(1)} FOR UPDATE`;
