import type { MessageInitShape } from '@bufbuild/protobuf';
import type { GetReportRequest, ReportRowSchema, ReportSchema } from '@kontor/contracts/quota/v1/budget';
import { pageOf, text } from '@kontor/kit/page';
import { enterScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { creditsOf } from '../assets.ts';
import { QuotaConfig } from '../config.ts';
import { intervalOf } from './interval.ts';
import { READING, reportSql, RUNNING } from './report-sql.ts';
import { wholeMonths } from './whole-months.ts';

/** Rows come by key. */
const BY_KEY = z.tuple([text]);

type RowInit = MessageInitShape<typeof ReportRowSchema>;
type Sums = Record<'jobs' | 'deviceMs' | 'lateDeviceMs' | 'costUcr' | 'awardUcr', string>;

/** What jobs cost, summed up. */
@Injectable()
export class Reports {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: QuotaConfig,
  ) {}

  get(request: GetReportRequest): Promise<MessageInitShape<typeof ReportSchema>> {
    const { size, after, cut } = pageOf(request, BY_KEY);
    const tenantId = request.tenantId || null;
    const interval = intervalOf(request);
    // All of a report is of one instant.
    return this.dataSource.transaction('REPEATABLE READ', async (tx) => {
      await enterScope(tx, tenantId ? { tenantId } : 'all');
      await tx.query(READING);
      const sums = await tx.query<(Sums & { key: string | null })[]>(reportSql(request.by), [
        tenantId,
        ...interval,
        ...wholeMonths(...interval),
        after?.[0] ?? null,
        size + 1,
      ]);
      const total = sums.find(({ key }) => key === null);
      const [running] = await tx.query<{ ucr: string }[]>(RUNNING, [tenantId, creditsOf(this.config.operator)]);
      const rows = sums.flatMap((sum) => (sum.key === null ? [] : [{ ...sum, key: sum.key }]));
      const { items, page } = cut(rows, ({ key }) => [key]);
      return {
        rows: items.map((row) => rowMessage(row, row.key)),
        page,
        runningUcr: BigInt(running?.ucr ?? 0),
        ...(total && { total: rowMessage(total, '') }),
      };
    });
  }
}

function rowMessage({ jobs, deviceMs, lateDeviceMs, costUcr, awardUcr }: Sums, key: string): RowInit {
  const [cost, award] = [BigInt(costUcr), BigInt(awardUcr)];
  return {
    key,
    jobs: BigInt(jobs),
    deviceMs: BigInt(deviceMs),
    lateDeviceMs: BigInt(lateDeviceMs),
    costUcr: cost,
    awardUcr: award,
    ownUcr: cost - award,
  };
}
