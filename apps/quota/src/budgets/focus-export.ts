import type { ExportFocusRequest } from '@kontor/contracts/quota/v1/budget';
import { focusHeader, focusRows, type FocusCharge } from '@kontor/ledger/focus';
import { Clock } from '@kontor/kit/clock';
import { narrow } from '@kontor/kit/page';
import { inScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { QuotaConfig } from '../config.ts';
import { ChargeRecordRow } from '../tables.ts';
import { intervalOf } from './interval.ts';
import { settled } from './settled.ts';

const PAGE_SIZE = 1_000;
const MILLIONTHS = 1_000_000n;

/** Charges as other programs read bills. */
@Injectable()
export class FocusExport {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly config: QuotaConfig,
  ) {}

  /** The file piece by piece, so that years of charges need no memory. */
  async *read(request: ExportFocusRequest): AsyncGenerator<{ data: Uint8Array }> {
    const terms = {
      operator: this.config.operator,
      currency: request.currency,
      millionthsPerCredit: request.millionthsPerCredit || MILLIONTHS,
    };
    const interval = await this.interval(request);
    yield { data: Buffer.from(focusHeader()) };
    let after: ChargeRecordRow | undefined;
    for (;;) {
      const rows = await this.page(request.tenantId, interval, after);
      if (rows.length > 0) yield { data: Buffer.from(focusRows(rows.map(chargeOf), terms)) };
      after = rows.at(-1);
      if (rows.length <= PAGE_SIZE) return;
    }
  }

  /** The same for all pages, and none of it still to come: what is not in this file is in the next. */
  private async interval(request: ExportFocusRequest): Promise<[from: Date, to: Date]> {
    const [from, to] = intervalOf(request);
    const now = this.clock.now();
    if (to < now) return [from, to];
    await settled(this.dataSource);
    return [from, now];
  }

  private page(
    tenantId: string,
    [from, to]: [Date, Date],
    after: ChargeRecordRow | undefined,
  ): Promise<ChargeRecordRow[]> {
    return inScope(this.dataSource, tenantId ? { tenantId } : 'all', (tx) => {
      const query = tx
        .createQueryBuilder(ChargeRecordRow, 'c')
        .where('c.closed_at >= :from AND c.closed_at < :to', { from, to });
      if (tenantId) query.andWhere('c.tenant_id = :tenantId', { tenantId });
      const position = after && [after.closedAt, after.tenantId, after.reservationId];
      const columns = ['c.closed_at', 'c.tenant_id', 'c.reservation_id'];
      return narrow(query, columns, 'ASC', { size: PAGE_SIZE, after: position }).getMany();
    });
  }
}

const chargeOf = (row: ChargeRecordRow): FocusCharge => ({ ...row, awardId: row.awardId ?? '' });
