import type { Capacity_Isolation, Workload } from '@kontor/contracts/engine/v1/engine';
import type { CoverTerms } from '../cover.ts';
import type { Demand, Place, PoolRoom } from '../placement.ts';
import type { Holding, Waiting } from '../queue-forecast.ts';

/** What is asked for. */
export interface AdmissionRequest {
  tenantId: string;
  projectId: string;
  jobId: string;
  workload: Workload;
  /** The award that is to pay its share. */
  awardId?: string | undefined;
}

/** A pool of the class that is asked for, and whether its cluster can take work. */
export interface PoolOffer extends PoolRoom {
  isReady: boolean;
  isolation: Capacity_Isolation;
}

/** What a project can still reserve of one asset; undefined means without limit. */
export interface Means {
  asset: string;
  available: bigint | undefined;
  /** Set aside by what the project runs now. */
  held: bigint;
}

/** What an award of the project can still pay, and which share of a cost it pays. */
export interface AwardMeans {
  available: bigint;
  subsidyPpm: number;
  endsAt: Date;
}

/** What the operator has decided once for all jobs. */
export interface Terms {
  /** The operator's slug: credits are the asset CR:<operator>. */
  operator: string;
  /** The one tenant whose jobs may run without isolation. */
  operatorTenantId: string;
  /** Whether the operator lets every tenant's jobs run without isolation. */
  admitsUnisolated: boolean;
  cover: CoverTerms;
}

/** Everything that a verdict is computed from, as it was at one instant. */
export interface Snapshot {
  takenAt: Date;
  knownClasses: string[];
  offeredClasses: string[];
  pools: PoolOffer[];
  holdings: Holding[];
  /** Jobs that waited before this one. */
  ahead: Waiting[];
  /** Those of the job's inputs that its project keeps. */
  files: { sha256: string; sizeBytes: bigint }[];
  /** Rates of the class. */
  rates: { ucrPerDeviceHour: bigint; validFrom: Date }[];
  means: Means[];
  /** The award that is to pay its share; absent where none is named, or the project has none of that id. */
  award?: AwardMeans | undefined;
  /** Whether nobody works in the project, as tenancy last said. */
  isSuspended: boolean;
  /** Devices of the class that the project's jobs hold here. */
  devicesHeld: number;
  terms: Terms;
}

/** What the rules have found so far: each reads what those before it found and adds its own. */
export interface Findings {
  demand: Demand;
  /** Pools that may take the job at all. */
  pools: PoolOffer[];
  place?: Place | undefined;
  billedMillidevices: bigint;
  ucrPerDeviceHour: bigint;
  costUcrMax: bigint;
}

/** Why not, and what would help. One sentence each. */
export interface Reason {
  detail: string;
  help: string;
}

export type Finding =
  | { found: Partial<Findings> }
  /** Nothing is wrong, there is only no room yet. */
  | { wait: Reason & { startsAbout?: Date | undefined }; found?: Partial<Findings> }
  | { refuse: Reason };

/** One step of admission. Pure: the same request, snapshot and findings give the same finding. */
export interface Rule {
  name: 'shape' | 'suspended' | 'capacity' | 'placement' | 'price' | 'budget';
  judge(request: AdmissionRequest, snapshot: Snapshot, findings: Findings): Finding;
}
