import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Job_Priority, Job_State } from '@kontor/contracts/compute/v1/compute';
import {
  Capacity_Isolation,
  ObservationSchema,
  WorkloadSchema,
  type Observation,
  type Workload,
} from '@kontor/contracts/engine/v1/engine';
import { uuid7 } from '@kontor/kit/id';
import type { AdmissionRequest, PoolOffer, Snapshot } from '../src/admission/rule.ts';
import type { NodeRoom } from '../src/placement.ts';
import { JobRow } from '../src/tables.ts';

export const MIB = 2n ** 20n;
export const GIB = 2n ** 30n;
export const CPU = 'cpu.x86_64';
export const H100 = 'nvidia.h100.sxm5.80g';
export const OPERATOR_TENANT = 'd0000000-0000-4000-8000-000000000001';

type Init<M> = Partial<Omit<M, '$typeName' | '$unknown'>>;

/** One core for a minute. */
export const aWorkload = (wishes: MessageInitShape<typeof WorkloadSchema> = {}): Workload =>
  create(WorkloadSchema, {
    command: ['work', '5000'],
    acceleratorClass: CPU,
    devices: 1,
    memoryBytes: 64n * MIB,
    diskBytes: 64n * MIB,
    processes: 10,
    logBytes: 4096n,
    timeLimitMs: 60_000n,
    ...wishes,
  });

export const aRequest = (
  wishes: MessageInitShape<typeof WorkloadSchema> = {},
  who: Partial<AdmissionRequest> = {},
): AdmissionRequest => ({ tenantId: uuid7(), projectId: uuid7(), jobId: uuid7(), workload: aWorkload(wishes), ...who });

/** Four free cores and 8 GiB. */
export const aNode = (wishes: Partial<NodeRoom> = {}): NodeRoom => {
  const whole = { name: 'n1', devices: 4, cores: 4, memoryBytes: 8n * GIB, ...wishes };
  return {
    freeDevices: Array.from({ length: whole.devices }, (_, device) => device),
    freeCores: whole.cores,
    freeMemoryBytes: whole.memoryBytes,
    ...whole,
  };
};

export const aPool = (wishes: Partial<PoolOffer> = {}): PoolOffer => ({
  id: 'pool-1',
  clusterId: 'cluster-1',
  isReady: true,
  isolation: Capacity_Isolation.NAMESPACES,
  nodes: [aNode()],
  ...wishes,
});

/** One free node, a price of 3.6 credits for a core-hour, and a project that can pay. */
export const aSnapshot = (wishes: Partial<Snapshot> = {}): Snapshot => ({
  takenAt: new Date('2030-01-01T00:00:00Z'),
  knownClasses: [CPU, H100],
  offeredClasses: [CPU],
  pools: [aPool()],
  holdings: [],
  ahead: [],
  files: [],
  rates: [{ ucrPerDeviceHour: 3_600_000n, validFrom: new Date('2029-01-01T00:00:00Z') }],
  means: [
    { asset: 'CR:demo', available: 10_000_000n, held: 0n },
    { asset: `DEVICE_MS:${CPU}`, available: 10_000_000n, held: 0n },
    { asset: `SLOTS:${CPU}`, available: 4n, held: 0n },
  ],
  isSuspended: false,
  devicesHeld: 0,
  terms: {
    operator: 'demo',
    operatorTenantId: OPERATOR_TENANT,
    admitsUnisolated: false,
    cover: { intervalMs: 60_000n, marginMs: 20_000n },
  },
  ...wishes,
});

/** A job that is running on one core. */
export const aJob = (wishes: Partial<JobRow> = {}): JobRow =>
  Object.assign(
    new JobRow(),
    {
      tenantId: uuid7(),
      id: uuid7(),
      projectId: uuid7(),
      workload: aWorkload(),
      state: Job_State.RUNNING,
      isCancelAsked: false,
      timeLimitMs: 60_000n,
      elapsedMs: 0n,
      cpuMs: 0n,
      memoryBytesMax: 0n,
      diskBytes: 0n,
      logBytes: 0n,
      billedDeviceMs: 0n,
      billedMillidevices: 1000n,
      coverMs: 60_000n,
      coverDeviceMs: 60_000n,
      shortOf: null,
      goesOn: false,
      budgetEndsAt: null,
      askedAt: null,
      priority: Job_Priority.NORMAL,
      isGivingWay: false,
      isSuspended: false,
      awardId: null,
      outcome: null,
      settlement: null,
    },
    wishes,
  );

export const anObservation = (wishes: Init<Observation> = {}): Observation =>
  create(ObservationSchema, { jobId: uuid7(), ...wishes });
