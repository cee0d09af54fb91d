import { timestampDate } from '@bufbuild/protobuf/wkt';
import { RateSchema, type Rate, type SetRateRequest } from '@kontor/contracts/quota/v1/quota';
import { Clock } from '@kontor/kit/clock';
import { journalInsert } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { toMessage } from '@kontor/kit/row';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { existsWithDifferent } from './decide/exists-with-different.ts';
import { inTransaction } from './in-transaction.ts';
import { RateRow } from './tables.ts';

/** What a device-hour costs, from when on. A rate that is in force never changes: another one follows it. */
@Injectable()
export class Rates {
  constructor(private readonly dataSource: DataSource, private readonly clock: Clock) {}

  /** @throws Problem where the instant has passed, or has another rate already */
  async set({ acceleratorClass, ucrPerDeviceHour, validFrom }: SetRateRequest, actor: string): Promise<Rate> {
    const at = this.clock.now();
    const from = validFrom ? timestampDate(validFrom) : at;
    const wanted: RateRow = { acceleratorClass, ucrPerDeviceHour, validFrom: from };
    return inTransaction(this.dataSource, async ({ manager, send }) => {
      const found = await manager.findOneBy(RateRow, { acceleratorClass, validFrom: from });
      if (found) {
        const ucrDiffers = found.ucrPerDeviceHour !== ucrPerDeviceHour;
        const conflict = existsWithDifferent({ ucr_per_device_hour: ucrDiffers });
        if (conflict) throw conflict;
        return toMessage(RateSchema, found);
      }
      if (from < at) throw inThePast();
      await manager.insert(RateRow, wanted);
      send(journalInsert([{ at, actor, action: 'rate.set', subject: acceleratorClass, after: wanted }]));
      return toMessage(RateSchema, wanted);
    });
  }

  async list(): Promise<Rate[]> {
    const order = { acceleratorClass: 'ASC', validFrom: 'ASC' } as const;
    const rows = await this.dataSource.getRepository(RateRow).find({ order });
    return rows.map((row) => toMessage(RateSchema, row));
  }
}

const inThePast = (): Problem => Problem.invalid('valid_from_in_the_past',
  'A rate cannot begin in the past.', 'Leave the instant out to begin now.');
