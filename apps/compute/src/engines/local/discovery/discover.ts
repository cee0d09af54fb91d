import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch, availableParallelism, hostname, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Accelerator } from './accelerator.ts';
import type { Machine } from './machine.ts';
import { NPU_SMI, parseNpuSmi } from './npu-smi.ts';
import { NVIDIA_SMI, parseNvidiaSmi } from './nvidia-smi.ts';
import { parseRocmSmi, ROCM_SMI } from './rocm-smi.ts';

const run = promisify(execFile);
const TIMEOUT_MS = 10_000;

const TOOLS = [
  { ...NVIDIA_SMI, parse: parseNvidiaSmi },
  { ...ROCM_SMI, parse: parseRocmSmi },
  { ...NPU_SMI, parse: parseNpuSmi },
];

/**
 * Looks at this machine. A vendor's tool that is absent or fails means no such accelerators.
 *
 * @param reserveBytes memory that stays with the system
 */
export async function discover(reserveBytes: number): Promise<Machine> {
  const found = await Promise.all(TOOLS.map(acceleratorsBy));
  const constrained = process.constrainedMemory();
  const memoryBytes = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return {
    hostname: hostname(),
    architecture: arch(),
    cores: availableParallelism(),
    memoryBytes: Math.max(0, memoryBytes - reserveBytes),
    accelerators: found.flat(),
  };
}

async function acceleratorsBy({ command, args, parse }: (typeof TOOLS)[number]): Promise<Accelerator[]> {
  try {
    const { stdout } = await run(command, args, { timeout: TIMEOUT_MS });
    return parse(stdout).map((one) => ({ ...one, deviceNodes: one.deviceNodes.filter((path) => existsSync(path)) }));
  } catch {
    return [];
  }
}
