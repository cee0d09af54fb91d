import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import type { Observation } from '@kontor/contracts/engine/v1/engine';
import type { Problem } from '@kontor/kit/problem';
import type { JobRow } from '../tables.ts';

/** Where a step left a job. */
export interface Progress {
  job: JobRow;
  /** What the engine said last; undefined when it does not know the job. */
  seen?: Observation | undefined;
  /** Nothing more can be done before the next look. */
  isDone?: boolean;
  /** Somebody asked something of the job meanwhile, which is due at once. */
  wasAsked?: boolean;
  /** Why quota would not pay for it, for whoever is waiting for an answer. */
  refusal?: Problem;
}

/** Answers that stay the same however often one asks. All others are asked again. */
const FINAL: readonly Kind[] = [
  Kind.INVALID,
  Kind.FORBIDDEN,
  Kind.NOT_FOUND,
  Kind.CONFLICT,
  Kind.REFUSED,
  Kind.EXHAUSTED,
];

export const isFinal = ({ kind }: Problem): boolean => FINAL.includes(kind);
