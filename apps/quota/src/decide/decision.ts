import type { Command } from '@kontor/contracts/quota/v1/quota';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import type { Problem } from '@kontor/kit/problem';
import type { Route } from '../account-id.ts';
import type { Reservation } from '../reservation.ts';

/** What callers ask for, and what the passing of time asks for. */
export type LedgerCommand =
  Exclude<Command['command'], { case: undefined }> | { case: 'expire'; value: ReservationRef };

export interface ReservationRef {
  project?: ProjectRef | undefined;
  id: string;
}

/** An account while it is locked. Amounts are in the unit of its asset. */
export interface AccountState {
  balance: bigint;
  held: bigint;
  /** Null means no limit. */
  floor: bigint | null;
  /** Only of an award's account. */
  award?: AwardTerms | undefined;
}

/** Whose an award is, which share it pays, and until when. */
export interface AwardTerms {
  tenantId: string;
  projectId: string;
  subsidyPpm: number;
  endsAt: Date;
}

/** What a decision may look at. */
export interface View {
  now: Date;
  /** µcr per device-hour; undefined where no rate is in force. */
  rateOf(acceleratorClass: string): bigint | undefined;
  /** Undefined where there is no such account. */
  account(id: string): AccountState | undefined;
  legRoutes(project: ProjectRef, acceleratorClass: string, awardId: string | null): Route[];
}

/**
 * What becomes of a reservation: its next value, or why not. A decision that answers the very object it was given has
 * changed nothing. It never says what moves between accounts: that follows from the values before and after.
 */
export type Decision = Reservation | Problem;
