import type { MessageInitShape } from '@bufbuild/protobuf';
import type { NodeSchema } from '@kontor/contracts/engine/v1/engine';
import type { Accelerator } from './accelerator.ts';

/** A computer as the engine found it. */
export interface Machine {
  hostname: string;
  /** As Node says it: x64, arm64. */
  architecture: string;
  cores: number;
  memoryBytes: number;
  accelerators: Accelerator[];
}

/** What a job may touch and is told of the devices it was placed on. */
export interface DeviceGrant {
  /** Cores it is kept on, numbered among those that this engine may use; undefined where cores are not its devices. */
  cores?: number[];
  deviceNodes: string[];
  environment: Record<string, string>;
}

type NodeInit = MessageInitShape<typeof NodeSchema>;

const CPU_CLASSES: Record<string, string> = { x64: 'cpu.x86_64', arm64: 'cpu.aarch64' };
/** Of a machine with accelerators, the part of its cores and memory that is offered without them. */
const CPU_PART = 4;

/**
 * A machine as nodes, one for each accelerator class. One without accelerators is one node of its processor's class;
 * one with them keeps a quarter of its cores and memory for work that needs none, and its accelerator classes share
 * the rest by number of devices. Names: the host's for the processor, host/class otherwise.
 */
export function nodesOf(machine: Machine): NodeInit[] {
  const { hostname, architecture, cores, memoryBytes, accelerators } = machine;
  const cpuClass = CPU_CLASSES[architecture] ?? `cpu.${architecture}`;
  const cpuCores = accelerators.length === 0 ? cores : Math.max(1, Math.floor(cores / CPU_PART));
  const cpuMemory = accelerators.length === 0 ? memoryBytes : Math.floor(memoryBytes / CPU_PART);
  const cpu = {
    name: hostname,
    acceleratorClass: cpuClass,
    devices: cpuCores,
    cores: cpuCores,
    memoryBytes: BigInt(cpuMemory),
  };
  const classes = Map.groupBy(accelerators, ({ acceleratorClass }) => acceleratorClass);
  return [
    cpu,
    ...[...classes].map(([acceleratorClass, devices]): NodeInit => ({
      name: `${hostname}/${acceleratorClass}`,
      acceleratorClass,
      devices: devices.length,
      cores: Math.floor(((cores - cpuCores) * devices.length) / accelerators.length),
      memoryBytes: BigInt(Math.floor(((memoryBytes - cpuMemory) * devices.length) / accelerators.length)),
      deviceDetails: devices.map(({ detail }) => detail),
    })),
  ];
}

/** What devices of one class mean, by their numbers within it: cores, or device nodes and environment. */
export function grantOf(machine: Machine, acceleratorClass: string, devices: number[]): DeviceGrant {
  if (acceleratorClass.startsWith('cpu.')) return { cores: devices, deviceNodes: [], environment: {} };
  const ofClass = machine.accelerators.filter((one) => one.acceleratorClass === acceleratorClass);
  const given = devices.map((device) => ofClass[device]).filter((one) => one !== undefined);
  const names = Map.groupBy(given, ({ variable }) => variable);
  return {
    deviceNodes: [...new Set(given.flatMap(({ deviceNodes }) => deviceNodes))],
    environment: Object.fromEntries(
      [...names].map(([variable, ones]) => [variable, ones.map(({ visibleAs }) => visibleAs).join(',')]),
    ),
  };
}
