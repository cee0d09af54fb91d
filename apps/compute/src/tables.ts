import { fromJson, toJson, type DescMessage, type JsonValue, type MessageShape } from '@bufbuild/protobuf';
import type { Cluster_State, Job_Priority, Job_State } from '@kontor/contracts/compute/v1/compute';
import {
  OutputFileSchema,
  WorkloadSchema,
  type Capacity_Isolation,
  type OutputFile,
  type Workload,
} from '@kontor/contracts/engine/v1/engine';
import type { ChargeRecord_Cause } from '@kontor/contracts/quota/v1/quota';
import { asBigint } from '@kontor/kit/row';
import { Column, Entity, PrimaryColumn, type ValueTransformer } from 'typeorm';
import type { Rule } from './admission/rule.ts';
import type { ShortOf } from './affordable-cover.ts';

/** A message as the JSON that its contract defines. */
const asJson = <D extends DescMessage>(desc: D): ValueTransformer => ({
  to: (value?: MessageShape<D>) => value && toJson(desc, value),
  from: (value: JsonValue) => fromJson(desc, value),
});

const asJsonList = <D extends DescMessage>(desc: D): ValueTransformer => ({
  to: (values?: MessageShape<D>[]) => values?.map((value) => toJson(desc, value)),
  from: (values: JsonValue[]) => values.map((value) => fromJson(desc, value)),
});

/** A column that triggers fill: nobody here writes it, and only SQL reads it. */
const KEPT_BY_DATABASE = { select: false, insert: false, update: false };

/** A building with a power feed. */
@Entity()
export class SiteRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
}

/** One engine's machines. */
@Entity()
export class ClusterRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') siteId!: string;
  @Column('text') name!: string;
  @Column('text') engine!: string;
  @Column('smallint') state!: Cluster_State;
  @Column('smallint') isolation!: Capacity_Isolation;
  @Column('text') isolationDetail!: string;
  @Column('timestamptz', { nullable: true }) observedAt!: Date | null;
  /** Rises with each change that the journal records. */
  @Column('bigint', { transformer: asBigint }) resourceVersion!: bigint;
}

/** The nodes of one class in a cluster. */
@Entity()
export class PoolRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') clusterId!: string;
  @Column('text') acceleratorClass!: string;
}

@Entity()
export class NodeRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') poolId!: string;
  @Column('text') name!: string;
  @Column('int') devices!: number;
  @Column('int') cores!: number;
  @Column('bigint', { transformer: asBigint }) memoryBytes!: bigint;
  /** Since when the engine no longer reports it. */
  @Column('timestamptz', { nullable: true }) goneAt!: Date | null;
}

/** One schedulable device. */
@Entity()
export class SlotRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') nodeId!: string;
  @Column('int') device!: number;
  @Column('timestamptz', { nullable: true }) goneAt!: Date | null;
}

/** Who has a slot, and for which interval; PostgreSQL refuses two at once. */
@Entity()
export class OccupancyRow {
  @PrimaryColumn('uuid') slotId!: string;
  @PrimaryColumn('text') holderKind!: 'job' | 'lease' | 'maintenance';
  @PrimaryColumn('uuid') holderTenantId!: string;
  @PrimaryColumn('uuid') holderId!: string;
  @Column('tstzrange') during!: string;
  /** The end of it, kept by the database: row-level security lets no index answer for an interval. */
  @Column({ type: 'timestamptz', ...KEPT_BY_DATABASE }) until!: Date;
}

@Entity()
export class JobRow {
  @PrimaryColumn('uuid') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') projectId!: string;
  @Column('text') name!: string;
  @Column('jsonb', { transformer: asJson(WorkloadSchema) }) workload!: Workload;
  /** Of project, name, workload and award: the same id with another digest is another job. */
  @Column('text') contentSha256!: string;
  @Column('uuid', { nullable: true }) awardId!: string | null;

  /** What placement asks of a job, beside its workload so that SQL can add it up. */
  @Column('text') acceleratorClass!: string;
  @Column('int') devices!: number;
  @Column('int') cores!: number;
  @Column('bigint', { transformer: asBigint }) memoryBytes!: bigint;
  @Column('bigint', { transformer: asBigint }) timeLimitMs!: bigint;

  @Column('smallint') state!: Job_State;
  @Column('smallint') cause!: ChargeRecord_Cause;
  @Column('text') detail!: string;
  /** Why the last look at it did not succeed, while that lasts. */
  @Column('text', { nullable: true }) trouble!: string | null;
  @Column('boolean') isCancelAsked!: boolean;
  /** While it is queued: the rule that has it wait. Only those that wait for room are served before others. */
  @Column('text', { nullable: true }) waitsFor!: Rule['name'] | null;

  @Column('uuid', { nullable: true }) clusterId!: string | null;
  @Column('uuid', { nullable: true }) poolId!: string | null;
  @Column('text', { nullable: true }) node!: string | null;
  @Column('int', { array: true, nullable: true }) placedDevices!: number[] | null;
  @Column('bigint', { transformer: asBigint }) billedMillidevices!: bigint;
  @Column('bigint', { transformer: asBigint }) ucrPerDeviceHour!: bigint;

  @Column('bigint', { transformer: asBigint }) elapsedMs!: bigint;
  @Column('bigint', { transformer: asBigint }) cpuMs!: bigint;
  @Column('bigint', { transformer: asBigint }) memoryBytesMax!: bigint;
  @Column('bigint', { transformer: asBigint }) diskBytes!: bigint;
  @Column('bigint', { transformer: asBigint }) logBytes!: bigint;
  @Column('bigint', { transformer: asBigint }) billedDeviceMs!: bigint;

  /** Elapsed time until which the engine lets it run, and the device time that quota set aside for it. */
  @Column('bigint', { transformer: asBigint }) coverMs!: bigint;
  @Column('bigint', { transformer: asBigint }) coverDeviceMs!: bigint;
  /** Of what there is too little for its next interval; null while nothing is short. */
  @Column('text', { nullable: true }) shortOf!: ShortOf | null;
  /** Whether its award's programme lets it go on at low priority then. */
  @Column('boolean') goesOn!: boolean;
  /** Until when it is paid for, at its present pace, while something is short. */
  @Column('timestamptz', { nullable: true }) budgetEndsAt!: Date | null;
  /** When quota was last asked for more while something was short. */
  @Column('timestamptz', { nullable: true }) askedAt!: Date | null;
  @Column('smallint') priority!: Job_Priority;
  /** It has to leave, because a job that waits needs its place. */
  @Column('boolean') isGivingWay!: boolean;
  /** It has to end, because its project is suspended. */
  @Column('boolean') isSuspended!: boolean;

  @Column('int', { nullable: true }) exitCode!: number | null;
  @Column('jsonb', { transformer: asJsonList(OutputFileSchema) }) outputs!: OutputFile[];
  /** The state it ends in, once that is known. */
  @Column('smallint', { nullable: true }) outcome!: Job_State | null;
  /** How its reservation ends then: posted with its use, or voided because it never ran. */
  @Column('text', { nullable: true }) settlement!: 'post' | 'void' | null;

  @Column('bigint', { transformer: asBigint }) resourceVersion!: bigint;
  /** How often it changed in what is more than observation or scheduling; counted by the database. */
  @Column({ type: 'bigint', ...KEPT_BY_DATABASE, transformer: asBigint }) mutations!: bigint;
  /** Counts the claims: who holds an older one can no longer write. */
  @Column('bigint', { transformer: asBigint }) epoch!: bigint;
  @Column('timestamptz', { nullable: true }) claimedUntil!: Date | null;
  /** When to look at it again; null once it has ended. */
  @Column('timestamptz', { nullable: true }) nextAt!: Date | null;
  /** Attempts in a row that did not succeed. */
  @Column('int') failures!: number;
  /** If it uses its whole time limit. */
  @Column('timestamptz', { nullable: true }) expectedEndAt!: Date | null;
  @Column('timestamptz') createdAt!: Date;
  @Column('timestamptz', { nullable: true }) startedAt!: Date | null;
  @Column('timestamptz', { nullable: true }) endedAt!: Date | null;
  /** Since when its engine knows nothing of it any more. */
  @Column('timestamptz', { nullable: true }) forgottenAt!: Date | null;
}

/** A project in which nobody works, as tenancy last said. */
@Entity()
export class SuspensionRow {
  @PrimaryColumn('uuid') tenantId!: string;
  @PrimaryColumn('uuid') projectId!: string;
}

/** A verdict and everything it was computed from. Never changed. */
@Entity()
export class DecisionRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') tenantId!: string;
  @Column('uuid') projectId!: string;
  @Column('uuid') jobId!: string;
  /** False where it refused the job before there was one. */
  @Column('boolean') hasJob!: boolean;
  @Column('jsonb') decision!: object;
  @Column('jsonb') inputs!: object;
  @Column('timestamptz') decidedAt!: Date;
}

/** An input file that a project keeps. Its bytes lie in the file store under their digest. */
@Entity()
export class FileRow {
  @PrimaryColumn('uuid') tenantId!: string;
  @PrimaryColumn('uuid') projectId!: string;
  @PrimaryColumn('text') sha256!: string;
  @Column('bigint', { transformer: asBigint }) sizeBytes!: bigint;
  @Column('timestamptz') createdAt!: Date;
}
