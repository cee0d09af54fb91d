import type { Member_Role, Project_State, Tenant_State } from '@kontor/contracts/tenancy/v1/tenancy';
import { asBigint } from '@kontor/kit/row';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Somebody whom an identity provider vouched for. */
@Entity()
export class PersonRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') issuer!: string;
  @Column('text') subject!: string;
  @Column('text') name!: string;
  @Column('text') email!: string;
  @Column('boolean') isEmailVerified!: boolean;
  @Column('bytea') salt!: Buffer;
  /** How journals name the person; see person-reference.ts. */
  @Column('text') reference!: string;
  @Column('timestamptz') firstSeenAt!: Date;
  /** Raised by the database alone; see mutation-counts.ts. */
  @Column({ type: 'bigint', transformer: asBigint, insert: false, update: false }) mutations?: bigint;
}

/** All that is left of somebody who was erased. */
@Entity()
export class ErasedPersonRow {
  @PrimaryColumn('text') reference!: string;
  @Column('timestamptz') erasedAt!: Date;
  @Column('int') projectsOwned!: number;
  /** In how many tenants they were. */
  @Column('int') tenants!: number;
  /** How often tenancy wrote down what it was told of them. */
  @Column('bigint', { transformer: asBigint }) mutations!: bigint;
}

@Entity()
export class TenantRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { nullable: true }) parentId!: string | null;
  /** Ids from the top down to its own. */
  @Column('uuid', { array: true }) path!: string[];
  @Column('text') slug!: string;
  @Column('text') displayName!: string;
  @Column('smallint') state!: Tenant_State;
  @Column('bigint', { transformer: asBigint }) resourceVersion!: bigint;
  @Column('timestamptz') createdAt!: Date;
  /** Raised by the database alone; see mutation-counts.ts. */
  @Column({ type: 'bigint', transformer: asBigint, insert: false, update: false }) mutations?: bigint;
}

/** Somebody who runs a tenant, and with it all below it. */
@Entity()
export class TenantAdminRow {
  @PrimaryColumn('uuid') tenantId!: string;
  @PrimaryColumn('uuid') personId!: string;
  @Column('timestamptz') since!: Date;
}

@Entity()
export class ProjectRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') tenantId!: string;
  @Column('text') slug!: string;
  @Column('text') displayName!: string;
  @Column('smallint') state!: Project_State;
  /** One of its members, or nobody yet. */
  @Column('uuid', { nullable: true }) ownerId!: string | null;
  /** Whether it was operator staff who suspended it. */
  @Column('boolean') suspendedByOperator!: boolean;
  @Column('bigint', { transformer: asBigint }) resourceVersion!: bigint;
  @Column('timestamptz') createdAt!: Date;
  /** Raised by the database alone; see mutation-counts.ts. */
  @Column({ type: 'bigint', transformer: asBigint, insert: false, update: false }) mutations?: bigint;
}

@Entity()
export class ProjectMemberRow {
  @Column('uuid') tenantId!: string;
  @PrimaryColumn('uuid') projectId!: string;
  @PrimaryColumn('uuid') personId!: string;
  /** MEMBER or VIEWER; of the owner, what they are once they no longer own it. */
  @Column('smallint') role!: Member_Role;
  @Column('timestamptz') since!: Date;
}

@Entity()
export class InvitationRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') tenantId!: string;
  @Column('uuid', { nullable: true }) projectId!: string | null;
  @Column('smallint') role!: Member_Role;
  /** As it was given; forgotten once the invitation is over. */
  @Column('text', { nullable: true }) email!: string | null;
  /** As addresses are compared; see email-key.ts. */
  @Column('text', { nullable: true }) emailKey!: string | null;
  @Column('bytea') secretSha256!: Buffer;
  /** Reference of whoever invited. */
  @Column('text') invitedBy!: string;
  @Column('timestamptz') createdAt!: Date;
  @Column('timestamptz') expiresAt!: Date;
  @Column('timestamptz', { nullable: true }) acceptedAt!: Date | null;
  @Column('uuid', { nullable: true }) acceptedBy!: string | null;
  @Column('timestamptz', { nullable: true }) revokedAt!: Date | null;
  /** When the person whose address it named was erased. */
  @Column('timestamptz', { nullable: true }) forgottenAt!: Date | null;
  /** When its address was forgotten because nobody had taken it up in time. */
  @Column('timestamptz', { nullable: true }) expiredAt!: Date | null;
  /** Raised by the database alone; see mutation-counts.ts. */
  @Column({ type: 'bigint', transformer: asBigint, insert: false, update: false }) mutations?: bigint;
}

@Entity()
export class ProjectTokenRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') tenantId!: string;
  @Column('uuid') projectId!: string;
  @Column('text') name!: string;
  @Column('smallint') role!: Member_Role;
  @Column('bytea') secretSha256!: Buffer;
  /** Reference of whoever made it. */
  @Column('text') createdBy!: string;
  @Column('timestamptz') createdAt!: Date;
  @Column('timestamptz') expiresAt!: Date;
  @Column('timestamptz', { nullable: true }) revokedAt!: Date | null;
  /** Raised by the database alone; see mutation-counts.ts. */
  @Column({ type: 'bigint', transformer: asBigint, insert: false, update: false }) mutations?: bigint;
}
