import type { Step } from '../next-step.ts';
import type { Ports } from '../ports.ts';
import type { JobRow } from '../tables.ts';
import { advance } from './advance.ts';
import { conclude } from './conclude.ts';
import { follow } from './follow.ts';
import { reserve } from './reserve.ts';
import { settle } from './settle.ts';
import { start } from './start.ts';
import type { Progress } from './step.ts';
import { stop } from './stop.ts';

/** Does one step of one job. Any of them may be done again after it was interrupted anywhere. */
export function takeStep(ports: Ports, job: JobRow, step: Exclude<Step, { do: 'wait' }>): Promise<Progress> {
  switch (step.do) {
    case 'reserve':
      return reserve(ports, job);
    case 'start':
      return start(ports, job);
    case 'follow':
      return follow(ports, job, step.state, step.seen);
    case 'advance':
      return advance(ports, job);
    case 'stop':
      return stop(ports, job);
    case 'conclude':
      return conclude(ports, job, step.outcome, step.seen);
    case 'settle':
      return settle(ports, job);
  }
}
