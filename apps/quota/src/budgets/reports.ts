import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  GetReportRequest_By as By, type GetReportRequest, type ReportRowSchema, type ReportSchema,
} from '@kontor/contracts/quota/v1/budget';
import { cut, pageOf } from '@kontor/kit/page';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { creditsOf } from '../assets.ts';
import { QuotaConfig } from '../config.ts';
import { intervalOf } from './interval.ts';
import { RUNNING, SUMS, sumsBy } from './report-sql.ts';

/** Rows come by key. */
const BY_KEY = z.tuple([z.string()]);

type RowInit = MessageInitShape<typeof ReportRowSchema>;
type Sums = Record<'jobs' | 'deviceMs' | 'lateDeviceMs' | 'costUcr' | 'awardUcr', string>;

/** What jobs cost, summed up. */
@Injectable()
export class Reports {
  constructor(private readonly dataSource: DataSource, private readonly config: QuotaConfig) {}

  get(request: GetReportRequest): Promise<MessageInitShape<typeof ReportSchema>> {
    const { size, after } = pageOf(request.page, BY_KEY);
    const which = [request.tenantId || null, ...intervalOf(request)];
    // All of a report is of one instant; and whole tables are read, which the settings of the hot path would forbid.
    return this.dataSource.transaction('REPEATABLE READ', async (tx) => {
      await tx.query('SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on');
      const rows = await tx.query<(Sums & { key: string })[]>(sumsBy(BY_SQL[request.by] ?? ''),
        [...which, after?.[0] ?? null, size + 1]);
      const [total] = await tx.query<Sums[]>(SUMS, which);
      const [running] = await tx.query<{ ucr: string }[]>(RUNNING,
        [request.tenantId || null, creditsOf(this.config.operator)]);
      const { items, page } = cut(rows, size, ({ key }) => [key] as const);
      return {
        rows: items.map((row) => rowMessage(row, row.key)), page, runningUcr: BigInt(running?.ucr ?? 0),
        ...(total && { total: rowMessage(total, '') }),
      };
    });
  }
}

/** What each kind of report groups by. */
const BY_SQL: Record<number, string> = {
  [By.PROGRAMME]: 'programme',
  [By.TENANT]: 'tenant_id::text',
  [By.PROJECT]: 'project_id::text',
  [By.ACCELERATOR_CLASS]: 'accelerator_class',
  [By.MONTH]: `to_char(closed_at AT TIME ZONE 'UTC', 'YYYY-MM')`,
};

function rowMessage({ jobs, deviceMs, lateDeviceMs, costUcr, awardUcr }: Sums, key: string): RowInit {
  const [cost, award] = [BigInt(costUcr), BigInt(awardUcr)];
  return {
    key, jobs: BigInt(jobs), deviceMs: BigInt(deviceMs), lateDeviceMs: BigInt(lateDeviceMs), costUcr: cost,
    awardUcr: award, ownUcr: cost - award,
  };
}
