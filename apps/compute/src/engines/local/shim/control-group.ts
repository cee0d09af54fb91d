import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits } from '../job-folder.ts';

/** Control groups of one job: the kernel's own limits on its memory and cores, and its account of processor time. */
export interface ControlGroup {
  folders: string[];
  /** Files that take the numbers of processes that join. */
  joins: string[];
  /** Whether the kernel holds it to its cores. */
  limitsCores: boolean;
  cpuMs(): number | undefined;
  /** The kernel has killed one of its processes for want of memory. */
  outOfMemory(): boolean;
  /** To be called when nothing is in it any more. */
  remove(): void;
}

/** What the kernel is to hold a job to; no cores mean all that there are. */
export type GroupLimits = Pick<Limits, 'memoryBytes' | 'cores'>;

/** Of each of these periods a job may have so many times its cores, in microseconds. */
const PERIOD_US = 100_000;

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
export function controlGroup(jobId: string, limits: GroupLimits, place?: string): ControlGroup | undefined {
  const found = hierarchies(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'));
  const unified = found.find(({ version }) => version === 2);
  const places = [place, unified?.own, unified?.mountPoint].filter((path) => path !== undefined);
  return (
    places.map((path) => attempt(() => unifiedGroup(path, jobId, limits))).find((group) => group !== undefined) ??
    attempt(() => classicGroup(found, jobId, limits))
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

function unifiedGroup(place: string, jobId: string, { memoryBytes, cores }: GroupLimits): ControlGroup {
  const parent = join(place, 'kontor');
  enable('memory', place);
  mkdirSync(parent, { recursive: true });
  enable('memory', parent);
  return orNothing([join(parent, jobId)], ([group = '']) => {
    mkdirSync(group, { recursive: true });
    writeFileSync(join(group, 'memory.max'), String(memoryBytes));
    optional(() => writeFileSync(join(group, 'memory.swap.max'), '0'));
    const limitsCores = isDone(() => {
      for (const folder of [place, parent]) enable('cpu', folder);
      if (cores !== undefined) writeFileSync(join(group, 'cpu.max'), `${cores * PERIOD_US} ${PERIOD_US}`);
    });
    return {
      folders: [group],
      joins: [join(group, 'cgroup.procs')],
      limitsCores,
      cpuMs: () => number(join(group, 'cpu.stat'), /^usage_usec (\d+)/m, 1e3),
      outOfMemory: () => (number(join(group, 'memory.events'), /^oom_kill (\d+)/m) ?? 0) > 0,
      remove: () => removeGroups([group]),
    };
  });
}

function enable(controller: 'memory' | 'cpu', folder: string): void {
  if (readFileSync(join(folder, 'cgroup.subtree_control'), 'utf8').split(/\s/).includes(controller)) return;
  writeFileSync(join(folder, 'cgroup.subtree_control'), `+${controller}`);
}

function classicGroup(found: Hierarchy[], jobId: string, { memoryBytes, cores }: GroupLimits): ControlGroup {
  const folderOf = (controller: string): string | undefined => {
    const hierarchy = found.find(({ controllers }) => controllers.includes(controller));
    return hierarchy && join(hierarchy.own, 'kontor', jobId);
  };
  const [memory, cpuacct, cpu] = ['memory', 'cpuacct', 'cpu'].map(folderOf);
  if (memory === undefined) throw new Error('There is no memory controller.');
  const wanted = [...new Set([memory, cpuacct, cpu])].filter((folder) => folder !== undefined);
  return orNothing(wanted, () => {
    const folders = wanted.filter((folder) => folder === memory || isDone(() => enterable(folder)));
    enterable(memory);
    writeFileSync(join(memory, 'memory.limit_in_bytes'), String(memoryBytes));
    optional(() => writeFileSync(join(memory, 'memory.memsw.limit_in_bytes'), String(memoryBytes)));
    const limitsCores =
      cpu !== undefined &&
      folders.includes(cpu) &&
      isDone(() => {
        writeFileSync(join(cpu, 'cpu.cfs_period_us'), String(PERIOD_US));
        if (cores !== undefined) writeFileSync(join(cpu, 'cpu.cfs_quota_us'), String(cores * PERIOD_US));
      });
    return {
      folders,
      joins: folders.map((folder) => join(folder, 'cgroup.procs')),
      limitsCores,
      cpuMs: () => (cpuacct === undefined ? undefined : number(join(cpuacct, 'cpuacct.usage'), /(\d+)/, 1e6)),
      outOfMemory: () => (number(join(memory, 'memory.oom_control'), /^oom_kill (\d+)/m) ?? 0) > 0,
      remove: () => removeGroups(folders),
    };
  });
}

function enterable(folder: string): void {
  mkdirSync(folder, { recursive: true });
  accessSync(join(folder, 'cgroup.procs'), constants.W_OK);
}

/** Makes a group of these folders, or leaves none of them. */
function orNothing(folders: string[], make: (folders: string[]) => ControlGroup): ControlGroup {
  try {
    return make(folders);
  } catch (error) {
    removeGroups(folders);
    throw error;
  }
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

const isDone = (act: () => void): boolean => attempt(() => (act(), true)) ?? false;

const optional = (act: () => void): void => void attempt(act);
