import type { End, Limits } from '../job-folder.ts';
import type { ProgramEnd } from './program.ts';

const MIB = 1024 * 1024;

/** One sentence for the job's owner: how it ended, and what would help where something does. */
export function explain(end: End, limits: Limits, program: ProgramEnd | undefined, leftAlive: number): string {
  const sentence = SENTENCES[end](limits, program);
  return leftAlive === 0 ? sentence : `${sentence} ${leftAlive} of its processes could not be killed.`;
}

const SENTENCES: Record<End, (limits: Limits, program: ProgramEnd | undefined) => string> = {
  EXITED: (_, program) =>
    program?.signal
      ? `The program was ended by ${program.signal}.`
      : `The program exited with ${program?.exitCode ?? 0}.`,
  STOPPED: () => 'It was stopped on request.',
  TIME_LIMIT: ({ timeMs }) => `It ran as long as it asked for, ${timeMs / 1000} s; ask for more time.`,
  MEMORY_LIMIT: ({ memoryBytes }) =>
    `It used more than the ${Math.floor(memoryBytes / MIB)} MiB of memory it asked for; ask for more.`,
  DISK_LIMIT: ({ diskBytes }) =>
    `Its folder held more than the ${Math.floor(diskBytes / MIB)} MiB it asked for; ask for more.`,
  PROCESS_LIMIT: ({ processes }) =>
    `It had more than the ${processes} processes and threads it asked for; ask for more.`,
  COVER_ENDED: () => 'The time that was paid for ended.',
  NOT_STARTED: () => 'The program could not be started.',
  LOST: () => 'The machine told its supervisor to end.',
};
