import type { Rate } from '@kontor/contracts/quota/v1/quota';
import { asBigint, type Row } from '@kontor/kit/row';
import { Column, Entity, PrimaryColumn } from 'typeorm';

const int64 = { type: 'bigint', transformer: asBigint } as const;

/** How often the row changed, counted by the database alone; see mutations.ts. */
export const counted = { type: 'bigint', select: false, insert: false, update: false } as const;

/** Balances; the contract's enum numbers stand for purposes, states, reasons and causes in every table. */
@Entity('account')
export class AccountRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { nullable: true }) tenantId!: string | null;
  @Column('uuid', { nullable: true }) projectId!: string | null;
  @Column('smallint') purpose!: number;
  @Column('text') asset!: string;
  @Column(int64) balance!: bigint;
  @Column(int64) held!: bigint;
  @Column({ ...int64, nullable: true }) floor!: bigint | null;
  @Column('timestamptz') createdAt!: Date;
  /** Of an award alone, as is the end. */
  @Column('int', { nullable: true }) subsidyPpm!: number | null;
  @Column('timestamptz', { nullable: true }) endsAt!: Date | null;
}

@Entity('reservation')
export class ReservationRow {
  @PrimaryColumn('uuid') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') projectId!: string;
  @Column('smallint') state!: number;
  @Column('text') acceleratorClass!: string;
  @Column('int') slots!: number;
  @Column(int64) ucrPerDeviceHour!: bigint;
  @Column(int64) reservedCoverDeviceMs!: bigint;
  @Column(int64) timeoutMs!: bigint;
  @Column(int64) usedDeviceMs!: bigint;
  @Column(int64) coverDeviceMs!: bigint;
  @Column(int64) lateDeviceMs!: bigint;
  @Column(int64) waivedDeviceMs!: bigint;
  @Column('smallint') cause!: number;
  @Column('timestamptz') createdAt!: Date;
  @Column('timestamptz') expiresAt!: Date;
  @Column('uuid', { nullable: true }) awardId!: string | null;
  @Column('int') subsidyPpm!: number;
  /** How many commands changed it, the one that made it included; see mutations.ts. */
  @Column(int64) mutations!: bigint;
}

@Entity('leg')
export class LegRow {
  @PrimaryColumn('uuid') tenantId!: string;
  @PrimaryColumn('uuid') reservationId!: string;
  @PrimaryColumn('smallint') n!: number;
  @Column('text') asset!: string;
  @Column('uuid') debitAccountId!: string;
  @Column('uuid') creditAccountId!: string;
  @Column(int64) held!: bigint;
  @Column(int64) posted!: bigint;
}

/** Append-only. */
@Entity('transfer')
export class TransferRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') debitAccountId!: string;
  @Column('uuid') creditAccountId!: string;
  @Column('text') asset!: string;
  @Column(int64) amount!: bigint;
  @Column('smallint') reason!: number;
  @Column('uuid', { nullable: true }) reservationId!: string | null;
  @Column('timestamptz') createdAt!: Date;
  /** Whether it is part of a decision, whose record in the journal covers it; see mutations.ts. */
  @Column('boolean', { select: false }) ofDecision?: boolean;
}

/** Append-only. */
@Entity('rate')
export class RateRow implements Row<Rate> {
  @PrimaryColumn('text') acceleratorClass!: string;
  @PrimaryColumn('timestamptz') validFrom!: Date;
  @Column(int64) ucrPerDeviceHour!: bigint;
  /** Whether it is part of a decision, whose record in the journal covers it; see mutations.ts. */
  @Column('boolean', { select: false }) ofDecision?: boolean;
  @Column(counted) mutations?: bigint;
}

/** Append-only. */
@Entity('charge_record')
export class ChargeRecordRow {
  @PrimaryColumn('uuid') tenantId!: string;
  @PrimaryColumn('uuid') reservationId!: string;
  @Column('uuid') projectId!: string;
  @Column('text') acceleratorClass!: string;
  @Column(int64) deviceMs!: bigint;
  @Column(int64) lateDeviceMs!: bigint;
  @Column(int64) waivedDeviceMs!: bigint;
  @Column(int64) ucrPerDeviceHour!: bigint;
  @Column(int64) costUcr!: bigint;
  /** Amounts are strings, as every int64 in JSON. */
  @Column('jsonb') payers!: { accountId: string; amountUcr: string }[];
  @Column('smallint') cause!: number;
  @Column('timestamptz') openedAt!: Date;
  @Column('timestamptz') closedAt!: Date;
  @Column('uuid', { nullable: true }) awardId!: string | null;
  @Column('int') subsidyPpm!: number;
}
