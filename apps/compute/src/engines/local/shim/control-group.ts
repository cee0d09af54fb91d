import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Control groups of one job: the kernel's own limit on its memory and its own account of processor time. */
export interface ControlGroup {
  folders: string[];
  /** Files that take the numbers of processes that join. */
  joins: string[];
  cpuMs(): number | undefined;
  /** The kernel has killed one of its processes for want of memory. */
  outOfMemory(): boolean;
  /** To be called when nothing is in it any more. */
  remove(): void;
}

/** A mounted hierarchy and where in it this process is. */
export interface Hierarchy {
  version: 1 | 2;
  controllers: string[];
  mountPoint: string;
  /** Folder of this process's own group. */
  own: string;
}

/**
 * Makes control groups for a job where the machine lets this process: of version 2 in a delegated hierarchy, otherwise
 * of version 1. Undefined where it does not; limits are then kept by sampling alone.
 *
 * @param place folder of a delegated version 2 hierarchy, if the operator names one
 */
export function controlGroup(jobId: string, memoryBytes: number, place?: string): ControlGroup | undefined {
  const found = hierarchies(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'));
  const unified = found.find(({ version }) => version === 2);
  const places = [place, unified?.own, unified?.mountPoint].filter((path) => path !== undefined);
  return (
    places.map((path) => attempt(() => unifiedGroup(path, jobId, memoryBytes))).find((group) => group !== undefined) ??
    attempt(() => classicGroup(found, jobId, memoryBytes))
  );
}

/** Hierarchies from the texts of /proc/self/mountinfo and /proc/self/cgroup. */
export function hierarchies(mountinfo: string, cgroup: string): Hierarchy[] {
  const groups = cgroup
    .trim()
    .split('\n')
    .map((line) => line.split(':'));
  return mountinfo
    .trim()
    .split('\n')
    .flatMap((line): Hierarchy[] => {
      const [before = '', after = ''] = line.split(' - ');
      const [, , , root = '/', mountPoint = ''] = before.split(' ');
      const [type, , options = ''] = after.split(' ');
      if (type !== 'cgroup' && type !== 'cgroup2') return [];
      const controllers = type === 'cgroup2' ? [] : options.split(',');
      const [, , group = '/'] =
        groups.find(([, names = '']) =>
          type === 'cgroup2' ? names === '' : names.split(',').some((name) => controllers.includes(name)),
        ) ?? [];
      const below = group.startsWith(root) ? group.slice(root.length) : group;
      return [{ version: type === 'cgroup2' ? 2 : 1, controllers, mountPoint, own: join(mountPoint, below) }];
    });
}

function unifiedGroup(place: string, jobId: string, memoryBytes: number): ControlGroup {
  const parent = join(place, 'kontor');
  enableMemory(place);
  mkdirSync(parent, { recursive: true });
  enableMemory(parent);
  const group = join(parent, jobId);
  mkdirSync(group, { recursive: true });
  writeFileSync(join(group, 'memory.max'), String(memoryBytes));
  optional(() => writeFileSync(join(group, 'memory.swap.max'), '0'));
  return {
    folders: [group],
    joins: [join(group, 'cgroup.procs')],
    cpuMs: () => number(join(group, 'cpu.stat'), /^usage_usec (\d+)/m, 1e3),
    outOfMemory: () => (number(join(group, 'memory.events'), /^oom_kill (\d+)/m) ?? 0) > 0,
    remove: () => removeGroups([group]),
  };
}

function enableMemory(folder: string): void {
  if (readFileSync(join(folder, 'cgroup.subtree_control'), 'utf8').split(/\s/).includes('memory')) return;
  writeFileSync(join(folder, 'cgroup.subtree_control'), '+memory');
}

function classicGroup(found: Hierarchy[], jobId: string, memoryBytes: number): ControlGroup {
  const folderOf = (controller: string): string => {
    const hierarchy = found.find(({ controllers }) => controllers.includes(controller));
    if (!hierarchy) throw new Error(`There is no ${controller} controller.`);
    const folder = join(hierarchy.own, 'kontor', jobId);
    mkdirSync(folder, { recursive: true });
    accessSync(join(folder, 'cgroup.procs'), constants.W_OK);
    return folder;
  };
  const memory = folderOf('memory');
  writeFileSync(join(memory, 'memory.limit_in_bytes'), String(memoryBytes));
  optional(() => writeFileSync(join(memory, 'memory.memsw.limit_in_bytes'), String(memoryBytes)));
  const cpu = attempt(() => folderOf('cpuacct'));
  const folders = cpu === undefined ? [memory] : [memory, cpu];
  return {
    folders,
    joins: folders.map((folder) => join(folder, 'cgroup.procs')),
    cpuMs: () => (cpu === undefined ? undefined : number(join(cpu, 'cpuacct.usage'), /(\d+)/, 1e6)),
    outOfMemory: () => (number(join(memory, 'memory.oom_control'), /^oom_kill (\d+)/m) ?? 0) > 0,
    remove: () => removeGroups(folders),
  };
}

/** Removes control groups that nothing is in. */
export const removeGroups = (folders: string[]): void => folders.forEach((folder) => optional(() => rmdirSync(folder)));

function number(path: string, pattern: RegExp, divisor = 1): number | undefined {
  const [, digits] = attempt(() => pattern.exec(readFileSync(path, 'latin1'))) ?? [];
  return digits === undefined ? undefined : Math.floor(Number(digits) / divisor);
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

const optional = (act: () => void): void => void attempt(act);
