import type { ServiceDatabase } from '@kontor/kit/database';
import { JobsAndSlots1761955200001 } from '../migrations/0001-jobs-and-slots.ts';
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
} from './tables.ts';

/** What compute keeps. */
const database: ServiceDatabase = {
  service: 'compute',
  tables: [SiteRow, ClusterRow, PoolRow, NodeRow, SlotRow, OccupancyRow, JobRow, DecisionRow, FileRow],
  migrations: [JobsAndSlots1761955200001],
};

export default database;
