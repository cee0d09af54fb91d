import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  ChargeRecord_Cause as Cause,
  Reservation_State as State,
  ReservationSchema,
} from '@kontor/contracts/quota/v1/quota';
import type { Route } from './account-id.ts';

/** One side of a reservation. Amounts are in the unit of the asset. */
export interface Leg extends Route {
  /** Still set aside. */
  held: bigint;
  /** Moved for good. */
  posted: bigint;
}

/** A reservation as the ledger knows it. Device times are cumulative; every value is immutable. */
export interface Reservation {
  tenantId: string;
  projectId: string;
  id: string;
  state: State;
  acceleratorClass: string;
  slots: number;
  ucrPerDeviceHour: bigint;
  /** Cover and time-out as first asked for, so that a repeated request is known as one. */
  reservedCoverDeviceMs: bigint;
  timeoutMs: bigint;
  /** Paid by the legs. */
  usedDeviceMs: bigint;
  coverDeviceMs: bigint;
  /** Paid by the operator. */
  lateDeviceMs: bigint;
  /** Given back at the end. */
  waivedDeviceMs: bigint;
  /** The award that pays a share of the cost, and which; both are fixed when it is reserved. */
  awardId: string | null;
  subsidyPpm: number;
  /** UNSPECIFIED until posted. */
  cause: Cause;
  createdAt: Date;
  expiresAt: Date;
  legs: Leg[];
}

/** Names a reservation among all tenants' in memory. */
export const keyOf = (tenantId: string, id: string): string => `${tenantId}/${id}`;

/** All use that was reported so far, whoever paid for it. */
export const reportedDeviceMs = ({ usedDeviceMs, lateDeviceMs, waivedDeviceMs }: Reservation): bigint =>
  usedDeviceMs + lateDeviceMs + waivedDeviceMs;

/** Use that may still come before cover ends. */
export function aheadDeviceMs(reservation: Reservation): bigint {
  const ahead = reservation.coverDeviceMs - reportedDeviceMs(reservation);
  return ahead > 0n ? ahead : 0n;
}

export function reservationMessage(reservation: Reservation): MessageInitShape<typeof ReservationSchema> {
  const { tenantId, projectId, awardId, createdAt, expiresAt, ...same } = reservation;
  return {
    ...same,
    project: { tenantId, projectId },
    awardId: awardId ?? '',
    createdAt: timestampFromDate(createdAt),
    expiresAt: timestampFromDate(expiresAt),
  };
}
