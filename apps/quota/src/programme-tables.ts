import { asBigint } from '@kontor/kit/row';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { counted } from './tables.ts';

const int64 = { type: 'bigint', transformer: asBigint } as const;

/** The pot is the account with the same id. */
@Entity('programme')
export class ProgrammeRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { unique: true }) slug!: string;
  /** A message as the contract writes it in JSON, as everywhere in these tables. */
  @Column('jsonb') terms!: object;
  @Column(int64) resourceVersion!: bigint;
  @Column('timestamptz') createdAt!: Date;
  @Column(counted) mutations?: bigint;
}

@Entity('proposal')
export class ProposalRow {
  @PrimaryColumn('uuid') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') projectId!: string;
  @Column('uuid') programmeId!: string;
  /** People appear by reference alone, in every table. */
  @Column('text') applicant!: string;
  @Column('jsonb') request!: object;
  /** Of the digest by which the journal knows the applicant's words; null where it has the words themselves. */
  @Column('text', { nullable: true }) salt!: string | null;
  @Column('smallint') state!: number;
  @Column('text') rule!: string;
  @Column('text') reasons!: string;
  @Column('text') help!: string;
  @Column('text', { array: true }) decidedBy!: string[];
  @Column('timestamptz', { nullable: true }) decidedAt!: Date | null;
  @Column('uuid', { nullable: true }) awardId!: string | null;
  @Column('timestamptz') createdAt!: Date;
  @Column(counted) mutations?: bigint;
}

/** What it has left, its share and its end stand on the account with the same id. */
@Entity('award')
export class AwardRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') tenantId!: string;
  @Column('uuid') projectId!: string;
  @Column('uuid') programmeId!: string;
  @Column('uuid') proposalId!: string;
  @Column('text') applicant!: string;
  @Column(int64) grantedUcr!: bigint;
  @Column(int64) returnedUcr!: bigint;
  /** Amounts are strings, as every int64 in JSON. */
  @Column('jsonb') limits!: { acceleratorClass: string; deviceMs: string; slots: number }[];
  /** Of all limits together, as is slots: what thresholds count. */
  @Column(int64) deviceMs!: bigint;
  @Column('int') slots!: number;
  @Column('text') rule!: string;
  @Column('text') reasons!: string;
  @Column('text', { array: true }) decidedBy!: string[];
  @Column('timestamptz') grantedAt!: Date;
  /** Of the programme, as they were when it was granted. */
  @Column('text') programmeName!: string;
  @Column('smallint') budgetEnd!: number;
  @Column('jsonb') warnAtPpm!: number[];
  /** Who ended it before its time. */
  @Column('text', { nullable: true }) returnedBy!: string | null;
  /** Of its limits, by asset, once it has ended. Amounts are strings. */
  @Column('jsonb') taken!: Record<string, string>;
  /** When its end is looked at next; null once everything has returned. */
  @Column('timestamptz', { nullable: true }) dueAt!: Date | null;
  @Column(int64) resourceVersion!: bigint;
  @Column(counted) mutations?: bigint;
}

@Entity('change')
export class ChangeRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('jsonb') matter!: object;
  /** Of an award, whose it is. */
  @Column('uuid', { nullable: true }) tenantId!: string | null;
  @Column('text') reason!: string;
  @Column('text') proposedBy!: string;
  @Column('timestamptz') proposedAt!: Date;
  @Column('smallint') state!: number;
  /** Empty while it is open. */
  @Column('text') decidedBy!: string;
  @Column('timestamptz', { nullable: true }) decidedAt!: Date | null;
  @Column('text') decisionReason!: string;
  @Column(counted) mutations?: bigint;
}

/** How much the treasury may hand out, from when on; the last row counts. Append-only. */
@Entity('authorisation')
export class AuthorisationRow {
  @PrimaryColumn({ ...int64, generated: 'identity', generatedIdentity: 'ALWAYS' }) seq!: bigint;
  @Column(int64) authorisedUcr!: bigint;
  @Column('timestamptz') at!: Date;
  @Column(counted) mutations?: bigint;
}

/** One row once the operator's books are set up. */
@Entity('founding')
export class FoundingRow {
  @PrimaryColumn('boolean') isDone!: boolean;
  @Column('jsonb') request!: object;
  @Column('timestamptz') at!: Date;
}
