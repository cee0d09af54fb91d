import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { AcceleratorClassSchema, type AcceleratorClass } from '@kontor/contracts/compute/v1/compute';
import { z } from 'zod';

const NAME = /^[a-z0-9]+([._-][a-z0-9]+)*$/;
const FILE = fileURLToPath(import.meta.resolve('@kontor/compute/accelerator-classes.json'));

const classesFile = z.strictObject({
  version: z.literal(1),
  classes: z.array(z.looseObject({ name: z.string().max(60).regex(NAME) })).min(1),
});

/** Whether the class's devices are the node's cores. */
export const isCpu = (acceleratorClass: string): boolean => acceleratorClass.startsWith('cpu.');

/**
 * Every accelerator class this operator knows, in the order of the versioned file.
 *
 * @throws where the file is not what it should be: a service with a wrong one does not start
 */
export function readAcceleratorClasses(file = FILE): AcceleratorClass[] {
  return parseAcceleratorClasses(JSON.parse(readFileSync(file, 'utf8')));
}

/** The classes in the parsed content of such a file. */
export function parseAcceleratorClasses(content: unknown): AcceleratorClass[] {
  const { classes } = classesFile.parse(content);
  const known = new Set<string>();
  for (const { name } of classes) {
    if (known.has(name)) throw new Error(`The accelerator class ${name} is in the file twice.`);
    known.add(name);
  }
  return classes.map((entry) => fromJson(AcceleratorClassSchema, entry as JsonValue));
}
