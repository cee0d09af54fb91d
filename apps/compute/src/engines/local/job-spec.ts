import { createHash } from 'node:crypto';
import { clone, toBinary } from '@bufbuild/protobuf';
import { SubmitRequestSchema, type SubmitRequest, type Workload } from '@kontor/contracts/engine/v1/engine';
import { Problem } from '@kontor/kit/problem';
import { isVariableName } from '../../workload.ts';
import type { DeviceGrant } from './discovery/machine.ts';
import type { JobSpec } from './job-folder.ts';

const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Users that no package and no range of subordinate users takes; a job's own among them comes from its id. */
const JOB_USERS = { first: 0x7000_0000, count: 0x0800_0000 };

/** What the engine knows beside the request. */
export interface Surroundings {
  isolation: 'namespaces' | 'none';
  /** Whether jobs get users of their own. */
  ownUsers: boolean;
  nodeBinary: string;
  home: string;
  /** Working folder of the job where nothing hides it. */
  work: string;
  grant: DeviceGrant;
  /** Where the store has a file. */
  fileOf: (sha256: string) => string;
  controlGroup?: string;
}

/** Turns an accepted request into what the shim needs. */
export function jobSpec(request: SubmitRequest, around: Surroundings): JobSpec {
  const workload = request.workload!;
  const { isolation, ownUsers, nodeBinary, home, work, grant, fileOf, controlGroup } = around;
  const sandboxed = isolation === 'namespaces';
  const cores = grant.cores?.length ?? workload.cores;
  return {
    jobId: request.jobId,
    contentSha256: contentSha256(request),
    isolation,
    command: workload.command,
    environment: {
      PATH: `${sandboxed ? '/opt/kontor/bin' : nodeBinary.slice(0, nodeBinary.lastIndexOf('/'))}:${SEARCH_PATH}`,
      HOME: sandboxed ? '/job' : work,
      LANG: 'C.UTF-8',
      ...grant.environment,
      ...workload.environment,
      KONTOR_JOB_ID: request.jobId,
    },
    ...(ownUsers && { userId: userOf(request.jobId) }),
    ...(grant.cores && { cores: grant.cores }),
    deviceNodes: grant.deviceNodes,
    limits: {
      memoryBytes: Number(workload.memoryBytes),
      diskBytes: Number(workload.diskBytes),
      processes: workload.processes,
      logBytes: Number(workload.logBytes),
      ...(cores > 0 && { cores }),
      timeMs: Number(workload.timeLimitMs),
      graceMs: Number(workload.graceMs),
      ...(workload.checkpointNoticeMs > 0n && { checkpointMs: Number(workload.checkpointNoticeMs) }),
    },
    inputs: workload.inputs.map(({ path, sha256 }) => ({ path, file: fileOf(sha256) })),
    outputs: workload.outputs,
    nodeBinary,
    hidden: home,
    ...(controlGroup !== undefined && { controlGroup }),
  };
}

/** Names one content of a request. Cover is not content: it grows while a job runs. */
export function contentSha256(request: SubmitRequest): string {
  const content = clone(SubmitRequestSchema, request);
  content.coverMs = 0n;
  const environment = Object.entries(content.workload?.environment ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (content.workload) content.workload.environment = Object.fromEntries(environment);
  return createHash('sha256').update(toBinary(SubmitRequestSchema, content)).digest('hex');
}

/** Refuses what no program could be started with. */
export function checkProgram({ command, environment }: Workload): void {
  if (command[0] === '')
    throw Problem.invalid('no_program', 'The first word of the command is empty.', 'Name a program.');
  const odd = Object.keys(environment).find((name) => !isVariableName(name));
  if (odd !== undefined) {
    throw Problem.invalid(
      'bad_variable_name',
      `An environment variable cannot be called ${JSON.stringify(odd)}.`,
      'Use letters, digits and underscores; begin with a letter or an underscore.',
    );
  }
}

const userOf = (jobId: string): number =>
  JOB_USERS.first + (createHash('sha256').update(jobId).digest().readUInt32BE() % JOB_USERS.count);
