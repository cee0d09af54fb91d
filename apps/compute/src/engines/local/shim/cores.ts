import { readFileSync } from 'node:fs';

/**
 * Command that keeps a program and all it starts on its cores: a core is what was paid for. Cores are numbered among
 * those that this process may use itself, so that a part of a machine works like a whole one.
 */
export function onCores(cores: number[] | undefined, status = readFileSync('/proc/self/status', 'latin1')): string[] {
  const allowed = allowedCores(status);
  const named = (cores ?? []).map((core) => allowed[core]).filter((core) => core !== undefined);
  return named.length === 0 ? [] : ['taskset', '--cpu-list', named.join(',')];
}

/** Cores of `Cpus_allowed_list`, such as `0-3,8`, one by one. */
function allowedCores(status: string): number[] {
  const ranges = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1]?.split(',') ?? [];
  return ranges.flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, n) => first + n);
  });
}
