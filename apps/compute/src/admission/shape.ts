import type { Workload } from '@kontor/contracts/engine/v1/engine';
import { isCpu } from '../accelerator-classes.ts';
import { demandOf, fitsWhole } from '../placement.ts';
import { clashOf, isVariableName } from '../workload.ts';
import type { AdmissionRequest, Reason, Rule, Snapshot } from './rule.ts';

/** What the kernel hands to a program together: beyond it no program starts. */
const START_BYTES_MAX = 128 * 1024;
const RESERVED = 'KONTOR_';

type Check = (workload: Workload, snapshot: Snapshot) => Reason | undefined;

/** Whether the job makes sense by itself and could ever fit. */
export const shape: Rule = {
  name: 'shape',
  judge({ workload }: AdmissionRequest, snapshot: Snapshot) {
    for (const check of [isKnown, hasCommand, hasEnvironment, hasInputs, hasOutputs, hasLimits, fitsSomewhere]) {
      const fault = check(workload, snapshot);
      if (fault) return { refuse: fault };
    }
    return { found: { demand: demandOf(workload) } };
  },
};

const isKnown: Check = ({ acceleratorClass }, { knownClasses, offeredClasses }) =>
  knownClasses.includes(acceleratorClass)
    ? undefined
    : {
        detail: `There is no accelerator class ${acceleratorClass}.`,
        help: `Ask for one of those offered here: ${offeredClasses.join(', ') || 'none yet'}.`,
      };

const hasCommand: Check = ({ command }) => {
  if (command[0] === '') return { detail: 'The program has no name.', help: 'Name it as the first item of command.' };
  return command.some((word) => word.includes('\0'))
    ? { detail: 'The command holds a NUL character.', help: 'Remove it: no program can be handed one.' }
    : undefined;
};

const hasEnvironment: Check = ({ command, environment }) => {
  const names = Object.keys(environment);
  const bad = names.find((name) => !isVariableName(name));
  if (bad !== undefined) {
    return {
      detail: `${JSON.stringify(bad.slice(0, 50))} cannot name an environment variable.`,
      help: 'Use letters, digits and underscores, and no digit first.',
    };
  }
  const reserved = names.find((name) => name.startsWith(RESERVED));
  if (reserved !== undefined) {
    return {
      detail: `The environment variable ${reserved} is Kontor's own.`,
      help: `Choose a name without ${RESERVED}.`,
    };
  }
  if (Object.values(environment).some((value) => value.includes('\0'))) {
    return {
      detail: 'An environment variable holds a NUL character.',
      help: 'Remove it: no program can be handed one.',
    };
  }
  const bytes = Buffer.byteLength([...command, ...names, ...Object.values(environment)].join('='));
  return bytes > START_BYTES_MAX
    ? {
        detail: `Command and environment are ${bytes} bytes together.`,
        help: `Keep them within ${START_BYTES_MAX} bytes, and put the rest into an input file.`,
      }
    : undefined;
};

const hasInputs: Check = ({ inputs, diskBytes }, { files }) => {
  const clash = clashOf(inputs.map(({ path }) => path));
  if (clash) return { detail: `Two inputs claim the path ${clash}.`, help: 'Give every input a path of its own.' };
  const sizes = new Map(files.map(({ sha256, sizeBytes }) => [sha256, sizeBytes]));
  const missing = inputs.find(({ sha256 }) => !sizes.has(sha256));
  if (missing) {
    return {
      detail: `The project keeps no file ${missing.sha256} for the input ${missing.path}.`,
      help: 'Upload it first.',
    };
  }
  const bytes = inputs.reduce((sum, { sha256 }) => sum + (sizes.get(sha256) ?? 0n), 0n);
  return bytes > diskBytes
    ? {
        detail: `The inputs are ${bytes} bytes, its folder may hold ${diskBytes}.`,
        help: `Ask for more than ${bytes} disk bytes.`,
      }
    : undefined;
};

const hasOutputs: Check = ({ outputs }) => {
  const clash = clashOf(outputs);
  return clash
    ? { detail: `Two outputs claim the path ${clash}.`, help: 'Name every output once, and files only.' }
    : undefined;
};

const hasLimits: Check = ({ acceleratorClass, devices, cores, graceMs, checkpointNoticeMs, timeLimitMs }) => {
  if (isCpu(acceleratorClass) && cores !== 0 && cores !== devices) {
    return {
      detail: `Of ${acceleratorClass} the devices are the cores, and the job asks for ${devices} and ${cores}.`,
      help: 'Say how many in devices, and leave cores out.',
    };
  }
  if (graceMs > timeLimitMs)
    return { detail: 'The grace is longer than the time limit.', help: `Ask for at most ${timeLimitMs} ms of grace.` };
  return checkpointNoticeMs > 0n && checkpointNoticeMs + graceMs >= timeLimitMs
    ? {
        detail: 'The checkpoint notice and the grace leave nothing of the time limit.',
        help: `Ask for less than ${timeLimitMs - graceMs} ms of checkpoint notice, or for more time.`,
      }
    : undefined;
};

const fitsSomewhere: Check = (workload, { pools }) => {
  const nodes = pools.flatMap((pool) => pool.nodes);
  if (nodes.length === 0 || nodes.some((node) => fitsWhole(demandOf(workload), node))) return undefined;
  const most = [...nodes].sort((a, b) => b.devices - a.devices || b.cores - a.cores)[0];
  return {
    detail: 'No node is large enough for the job, even when it is empty.',
    help: `Ask for at most ${most?.devices} devices, ${most?.cores} cores and ${most?.memoryBytes} bytes of memory.`,
  };
};
