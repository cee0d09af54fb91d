import type { EntityManager } from 'typeorm';

/** What happens to memberships in the rest of the transaction is part of a mutation that has its record already. */
export const changesAreCovered = async (tx: EntityManager): Promise<void> => {
  await tx.query(`SELECT set_config('kontor.covered', 'on', true)`);
};
