import type { ServiceDatabase } from '@kontor/kit/database';
import { JobsAndSlots1761955200001 } from '../migrations/0001-jobs-and-slots.ts';
import { SealedJournal1763769600002 } from '../migrations/0002-sealed-journal.ts';
import { TenantRows1763769600003 } from '../migrations/0003-tenant-rows.ts';
import { Awards1763769600004 } from '../migrations/0004-awards.ts';
import { WhenABudgetEnds1763769600005 } from '../migrations/0005-when-a-budget-ends.ts';
import { Suspension1764115200006 } from '../migrations/0006-suspension.ts';
import { Refusals1764115200007 } from '../migrations/0007-refusals.ts';
import { Retention1764115200008 } from '../migrations/0008-retention.ts';
import {
  ClusterRow,
  DecisionRow,
  FileRow,
  JobRow,
  NodeRow,
  OccupancyRow,
  PoolRow,
  SiteRow,
  SlotRow,
  SuspensionRow,
} from './tables.ts';

/** What compute keeps. */
const database: ServiceDatabase = {
  service: 'compute',
  tables: [SiteRow, ClusterRow, PoolRow, NodeRow, SlotRow, OccupancyRow, JobRow, DecisionRow, FileRow, SuspensionRow],
  migrations: [
    JobsAndSlots1761955200001,
    SealedJournal1763769600002,
    TenantRows1763769600003,
    Awards1763769600004,
    WhenABudgetEnds1763769600005,
    Suspension1764115200006,
    Refusals1764115200007,
    Retention1764115200008,
  ],
};

export default database;
