import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  ChargeRecordSchema,
  GetChargeRecordRequest,
  ListChargeRecordsRequest,
  ListChargeRecordsResponseSchema,
} from '@kontor/contracts/quota/v1/quota';
import { narrow, NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { projectOf } from '@kontor/kit/project-of';
import { inScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ChargeRecordRow } from './tables.ts';

/** What jobs cost, split by payer. */
@Injectable()
export class ChargeRecords {
  constructor(private readonly dataSource: DataSource) {}

  async get(request: GetChargeRecordRequest): Promise<MessageInitShape<typeof ChargeRecordSchema>> {
    const { tenantId, projectId } = projectOf(request);
    const { reservationId } = request;
    const row = await inScope(this.dataSource, { tenantId }, (tx) =>
      tx.findOneBy(ChargeRecordRow, { tenantId, projectId, reservationId }),
    );
    if (!row) throw Problem.notFound('charge_record', reservationId);
    return chargeRecordMessage(row);
  }

  async list(request: ListChargeRecordsRequest): Promise<MessageInitShape<typeof ListChargeRecordsResponseSchema>> {
    const { cut, ...wanted } = pageOf(request, NEWEST_FIRST);
    const { tenantId, projectId } = projectOf(request);
    const rows = await inScope(this.dataSource, { tenantId }, (tx) => {
      const query = tx
        .createQueryBuilder(ChargeRecordRow, 'c')
        .where('c.tenant_id = :tenantId AND c.project_id = :projectId', { tenantId, projectId });
      return narrow(query, ['c.closed_at', 'c.reservation_id'], 'DESC', wanted).getMany();
    });
    const { items, page } = cut(rows, ({ closedAt, reservationId }) => [closedAt, reservationId]);
    return { chargeRecords: items.map(chargeRecordMessage), page };
  }
}

const chargeRecordMessage = (row: ChargeRecordRow): MessageInitShape<typeof ChargeRecordSchema> => {
  const { tenantId, projectId, awardId, payers, openedAt, closedAt, ...same } = row;
  return {
    ...same,
    project: { tenantId, projectId },
    awardId: awardId ?? '',
    openedAt: timestampFromDate(openedAt),
    closedAt: timestampFromDate(closedAt),
    payers: payers.map(({ accountId, amountUcr }) => ({ accountId, amountUcr: BigInt(amountUcr) })),
  };
};
