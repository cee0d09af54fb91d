import type { MessageInitShape } from '@bufbuild/protobuf';
import type { NodeSchema, SubmitRequest, Workload } from '@kontor/contracts/engine/v1/engine';
import { Problem } from '@kontor/kit/problem';
import { clashOf } from '../../workload.ts';
import type { FileStore } from './file-store.ts';
import { checkProgram } from './job-spec.ts';

type Store = Pick<FileStore, 'missing' | 'sizeBytes'>;

/**
 * Refuses a job that this machine could not start as asked. Nothing has changed then.
 *
 * @param diskBytesLeft what jobs may take of this machine's disk now
 */
export function checkSubmission(
  request: SubmitRequest,
  nodes: MessageInitShape<typeof NodeSchema>[],
  files: Store,
  diskBytesLeft: bigint,
): void {
  const workload = request.workload!;
  checkPlacement(request, workload, nodes);
  checkDisk(workload, diskBytesLeft);
  checkProgram(workload);
  checkInputs(workload, files);
}

function checkPlacement(
  { node, devices }: SubmitRequest,
  workload: Workload,
  nodes: MessageInitShape<typeof NodeSchema>[],
): void {
  const { acceleratorClass } = workload;
  const found = nodes.find(({ name }) => name === node);
  if (!found) throw Problem.notFound('node', node);
  if (found.acceleratorClass !== acceleratorClass) {
    throw Problem.invalid(
      'wrong_accelerator_class',
      `Node ${node} has ${found.acceleratorClass}, not ${acceleratorClass}.`,
      'Place the job on a node of its class.',
    );
  }
  const missing = devices.find((device) => device < 0 || device >= found.devices!);
  if (missing !== undefined) {
    throw Problem.invalid(
      'no_such_device',
      `Node ${node} has ${found.devices} devices, and none with number ${missing}.`,
      'Place the job on devices that the node has.',
    );
  }
  if (!acceleratorClass.startsWith('cpu.') && new Set(devices).size !== workload.devices) {
    throw Problem.invalid(
      'devices_differ',
      `The job asks for ${workload.devices} devices and was placed on ${new Set(devices).size}.`,
      'Name each device that it gets once.',
    );
  }
}

function checkDisk({ diskBytes }: Workload, diskBytesLeft: bigint): void {
  if (diskBytes <= diskBytesLeft) return;
  throw Problem.refused(
    'not_enough_disk',
    `The job's folder may hold ${diskBytes} bytes, and the machine has ${diskBytesLeft} left for jobs.`,
    'Ask for less disk, or ask the operator for more.',
  );
}

function checkInputs({ inputs, diskBytes }: Workload, files: Store): void {
  const clash = clashOf(inputs.map(({ path }) => path));
  if (clash !== undefined)
    throw Problem.invalid(
      'inputs_collide',
      `Two inputs claim the path ${clash}.`,
      'Give each input a path of its own.',
    );
  const missing = files.missing(inputs.map(({ sha256 }) => sha256));
  if (missing.length > 0) {
    throw Problem.refused(
      'files_missing',
      `The store lacks ${missing.length} of the inputs, first ${missing[0]}.`,
      'Stage them first.',
    );
  }
  const sizeBytes = inputs.reduce((sum, { sha256 }) => sum + files.sizeBytes(sha256), 0);
  if (BigInt(sizeBytes) > diskBytes) {
    throw Problem.invalid(
      'inputs_too_big',
      `The inputs are ${sizeBytes} bytes and the folder may hold ${diskBytes}.`,
      'Ask for more disk.',
    );
  }
}
