import { readFileSync } from 'node:fs';

/** One process for all time: numbers are reused, but not with the same start and boot. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to its start. */
  startTicks: number;
  bootId: string;
}

let boot: string | undefined;

/** The machine's present life. */
export const bootId = (): string => (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());

/** Who a process is, or undefined where there is no such process or only its exit status is left. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = statFields(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    if (stat.state === 'Z' || stat.state === 'X') return undefined;
    return { pid, startTicks: stat.startTicks, bootId: bootId() };
  } catch {
    return undefined;
  }
}

/** Those that are there. */
export const identifyAll = (pids: (number | undefined)[]): ProcessIdentity[] =>
  pids.flatMap((pid) => (pid === undefined ? [] : (identify(pid) ?? [])));

export function isAlive(process: ProcessIdentity): boolean {
  const now = identify(process.pid);
  return now?.startTicks === process.startTicks && now.bootId === process.bootId;
}

/** Signals exactly this process, not another that has taken its number. Says whether it was there. */
export function signal(target: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isAlive(target)) return false;
  try {
    process.kill(target.pid, name);
    return true;
  } catch {
    return false;
  }
}

export interface ProcessStat {
  state: string;
  parentPid: number;
  /** Clock ticks on a core, of itself and of the children it has waited for. */
  cpuTicks: number;
  threads: number;
  startTicks: number;
  residentPages: number;
}

/** Parses /proc/PID/stat. The name in parentheses may itself hold blanks and parentheses. */
export function statFields(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (field: number): number => Number(fields[field - 3]);
  return {
    state: fields[0] ?? '',
    parentPid: at(4),
    cpuTicks: at(14) + at(15) + at(16) + at(17),
    threads: at(20),
    startTicks: at(22),
    residentPages: at(24),
  };
}
