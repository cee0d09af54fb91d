import type { ServiceDatabase } from '@kontor/kit/database';
import { Tenancy1763769600001 } from '../migrations/0001-tenancy.ts';
import { MembershipChanges1763769600002 } from '../migrations/0002-membership-changes.ts';
import { ListsInPages1763769600003 } from '../migrations/0003-lists-in-pages.ts';
import { SuspendedByOperator1763769600004 } from '../migrations/0004-suspended-by-operator.ts';
import { PersonsByEmail1763769600005 } from '../migrations/0005-persons-by-email.ts';
import { PathsFollowParents1763769600006 } from '../migrations/0006-paths-follow-parents.ts';
import { ForgottenInvitations1763769600007 } from '../migrations/0007-forgotten-invitations.ts';
import { ReplacedSecrets1763769600008 } from '../migrations/0008-replaced-secrets.ts';
import {
  ErasedPersonRow,
  InvitationRow,
  PersonRow,
  ProjectMemberRow,
  ProjectRow,
  ProjectTokenRow,
  TenantAdminRow,
  TenantRow,
} from './tables.ts';

/** What tenancy keeps. */
const database: ServiceDatabase = {
  service: 'tenancy',
  tables: [
    PersonRow,
    ErasedPersonRow,
    TenantRow,
    TenantAdminRow,
    ProjectRow,
    ProjectMemberRow,
    InvitationRow,
    ProjectTokenRow,
  ],
  migrations: [
    Tenancy1763769600001,
    MembershipChanges1763769600002,
    ListsInPages1763769600003,
    SuspendedByOperator1763769600004,
    PersonsByEmail1763769600005,
    PathsFollowParents1763769600006,
    ForgottenInvitations1763769600007,
    ReplacedSecrets1763769600008,
  ],
};

export default database;
