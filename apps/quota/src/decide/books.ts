import { fitsInt64 } from '@kontor/ledger/int64';
import type { Problem } from '@kontor/kit/problem';
import type { AccountState } from './decision.ts';
import { amountOverflow } from './shortage.ts';
import type { NewTransfer } from './transfers-of.ts';

/** A decision needs an account that the batch did not lock. It is a race with another writer, and ends like one. */
export class NotLocked extends Error {
  readonly code = '40001';

  constructor(accountId: string) {
    super(`The account ${accountId} was not locked.`);
  }
}

/** How much more is set aside on an account; less where negative. */
export interface Hold {
  accountId: string;
  more: bigint;
}

/** What the locked accounts hold while the commands of a batch are decided one after the other. */
export class Books {
  private readonly accounts: Map<string, AccountState>;

  constructor(private readonly opening: ReadonlyMap<string, AccountState>) {
    this.accounts = new Map(opening);
  }

  account(id: string): AccountState | undefined {
    return this.accounts.get(id);
  }

  /** Enters one command's holds and transfers, all of them, or none where a number would not fit. */
  enter(holds: Hold[], transfers: NewTransfer[]): Problem | undefined {
    const changed = new Map<string, AccountState>();
    const change = (id: string, balance: bigint, held: bigint): void => {
      const account = changed.get(id) ?? this.accounts.get(id);
      if (!account) throw new NotLocked(id);
      changed.set(id, { ...account, balance: account.balance + balance, held: account.held + held });
    };
    for (const { accountId, more } of holds) change(accountId, 0n, more);
    for (const { debitAccountId, creditAccountId, amount } of transfers) {
      change(debitAccountId, -amount, 0n);
      change(creditAccountId, amount, 0n);
    }
    const allFit = transfers.every(({ amount }) => fitsInt64(amount)) && [...changed.values()].every(fits);
    if (!allFit) return amountOverflow();
    for (const [id, account] of changed) this.accounts.set(id, account);
    return undefined;
  }

  /** How far each account that is not what it was has moved. */
  differences(): { id: string; balance: bigint; held: bigint }[] {
    return [...this.accounts].flatMap(([id, { balance, held }]) => {
      const was = this.opening.get(id);
      if (!was || (was.balance === balance && was.held === held)) return [];
      return [{ id, balance: balance - was.balance, held: held - was.held }];
    });
  }
}

const fits = ({ balance, held }: AccountState): boolean =>
  fitsInt64(balance) && fitsInt64(held) && fitsInt64(balance - held);
