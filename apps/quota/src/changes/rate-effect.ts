import type { SetRateRequest } from '@kontor/contracts/quota/v1/quota';
import type { Transaction } from '../in-transaction.ts';
import { rateToSet } from '../rates.ts';
import { RateRow } from '../tables.ts';
import type { Effect, Hands } from './effect.ts';

/** @throws Problem where the instant has passed, or has another rate already */
export async function rateEffect({ manager }: Transaction, request: SetRateRequest, { clock }: Hands): Promise<Effect> {
  const { rate, isNew } = await rateToSet(manager, request, clock.now());
  return {
    async apply() {
      if (isNew) await manager.insert(RateRow, { ...rate, ofDecision: true });
      return rate;
    },
  };
}
