import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import type { JobSpec } from '../job-folder.ts';
import { NotStarted, type Output, type ProgramEnd } from './program.ts';
import { onCores } from './cores.ts';
import { resourceLimits } from './resource-limits.ts';
import { ENTER_GROUPS, environmentScript, RUN_PROGRAM } from './run-scripts.ts';

/** A program that has begun, behind the process that entered its surroundings. */
export interface Launched {
  entry: ChildProcess;
  ended: Promise<ProgramEnd>;
}

export interface Surroundings {
  /** Working folder, as the program sees it. */
  work: string;
  /** Command that enters the sandbox; empty where there is none. */
  enter: string[];
  /** Files of control groups that take process numbers. */
  groups: string[];
  /** Most processes that the kernel shall count for the program's user. */
  processes: number;
}

/**
 * Starts the program of a job as its user, with its limits and its environment and no others. It has a session of its
 * own, so that a signal to its process group reaches nobody else.
 *
 * @throws NotStarted where the program is not there or cannot be executed
 */
export async function launch(
  spec: JobSpec,
  output: Output,
  { work, enter, groups, processes }: Surroundings,
): Promise<Launched> {
  const limits = resourceLimits({ processes, diskBytes: spec.limits.diskBytes });
  const entry = spawn(
    'sh',
    [
      '-c',
      ENTER_GROUPS,
      'enter',
      ...onCores(spec.cores),
      'prlimit',
      ...limits,
      ...enter,
      ...asUser(spec),
      'sh',
      '-c',
      RUN_PROGRAM,
      'run',
      work,
      spec.environment['PATH'] ?? '',
      ...spec.command,
    ],
    {
      detached: true,
      stdio: ['pipe', output.stdout, output.stderr, 'pipe'],
      env: { PATH: process.env['PATH'], GROUPS_TO_JOIN: groups.join(' ') },
    },
  );
  const ended = once(entry, 'exit').then(([exitCode, signal]): ProgramEnd => ({ exitCode, signal }));
  const said = once(entry.stdio[3]!, 'data').then(([line]) => String(line).trim());
  const silent = ended.then(
    () => 'The surroundings of the program could not be entered.',
    (error: Error) => `The program could not be started: ${error.message}.`,
  );
  entry.stdin!.on('error', () => undefined);
  entry.stdin!.end(environmentScript(spec.environment));
  const answer = await Promise.race([said, silent]);
  if (answer === 'started') return { entry, ended };
  await silent;
  throw new NotStarted(answer);
}

/** Becomes the job's user, without capabilities and without a way to any; groups are those of its devices. */
function asUser({ userId, deviceNodes }: JobSpec): string[] {
  const groups = [...new Set(deviceNodes.map((path) => statSync(path).gid))].filter((gid) => gid !== 0);
  const user =
    userId === undefined
      ? []
      : [
          `--reuid=${userId}`,
          `--regid=${userId}`,
          groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`,
        ];
  return ['setpriv', ...user, '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
}
