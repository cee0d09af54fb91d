import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import {
  RateSchema,
  type ListRatesRequest,
  type ListRatesResponseSchema,
  type Rate,
  type SetRateRequest,
} from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { journalInsert } from '@kontor/kit/journal';
import { instant, narrow, pageOf, text } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { toMessage } from '@kontor/kit/row';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { z } from 'zod';
import { existsWithDifferent } from './decide/exists-with-different.ts';
import { inTransaction } from './in-transaction.ts';
import { LedgerDatabase } from './ledger-database.ts';
import { FoundingRow } from './programme-tables.ts';
import { RateRow } from './tables.ts';

/** The key of a rate. */
const BY_CLASS_AND_DATE = z.tuple([text, instant]);

/** What a device-hour costs, from when on. A rate that is in force never changes: another one follows it. */
@Injectable()
export class Rates {
  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** @throws Problem where the instant has passed, or has another rate already, or it takes two persons by now */
  async set(request: SetRateRequest, actor: string): Promise<Rate> {
    const at = this.clock.now();
    return inTransaction(this.ledger, async ({ manager, send }) => {
      if (await manager.existsBy(FoundingRow, { isDone: true })) throw takesTwoPersons();
      const { rate, isNew } = await rateToSet(manager, request, at);
      if (!isNew) return toMessage(RateSchema, rate);
      await manager.insert(RateRow, rate);
      send(journalInsert([{ at, actor, action: 'rate.set', subject: rate.acceleratorClass, after: rate }]));
      return toMessage(RateSchema, rate);
    });
  }

  async list(request: ListRatesRequest): Promise<MessageInitShape<typeof ListRatesResponseSchema>> {
    const { cut, ...wanted } = pageOf(request, BY_CLASS_AND_DATE);
    const query = this.dataSource.manager.createQueryBuilder(RateRow, 'r');
    const rows = await narrow(query, ['r.accelerator_class', 'r.valid_from'], 'ASC', wanted).getMany();
    const { items, page } = cut(rows, (row) => [row.acceleratorClass, row.validFrom]);
    return { rates: items.map((row) => toMessage(RateSchema, row)), page };
  }
}

/**
 * The rate that a request names, and whether it is new: the same rate again is the one that is there.
 *
 * @throws Problem where the instant has passed, or has another rate already
 */
export async function rateToSet(
  manager: EntityManager,
  { acceleratorClass, ucrPerDeviceHour, validFrom }: SetRateRequest,
  now: Date,
): Promise<{ rate: RateRow; isNew: boolean }> {
  const from = validFrom ? timestampDate(validFrom) : now;
  const found = await manager.findOneBy(RateRow, { acceleratorClass, validFrom: from });
  const conflict = found && existsWithDifferent({ ucr_per_device_hour: found.ucrPerDeviceHour !== ucrPerDeviceHour });
  if (conflict) throw conflict;
  if (!found && from < now) throw inThePast();
  return { rate: found ?? { acceleratorClass, ucrPerDeviceHour, validFrom: from }, isNew: !found };
}

const takesTwoPersons = (): Problem =>
  Problem.forbidden(
    'takes_two_persons',
    'Once an operator is founded, rates take effect when two persons agree.',
    'Propose a change.',
  );

const inThePast = (): Problem =>
  Problem.invalid('valid_from_in_the_past', 'A rate cannot begin in the past.', 'Leave the instant out to begin now.');
