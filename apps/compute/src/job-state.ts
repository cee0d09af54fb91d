import { Job_State as State } from '@kontor/contracts/compute/v1/compute';

/** Every legal transition. What is not here is a fault of ours. */
const NEXT: Record<State, readonly State[]> = {
  [State.UNSPECIFIED]: [],
  [State.QUEUED]: [State.PLACED, State.FAILED, State.CANCELLED],
  [State.PLACED]: [State.STARTING, State.FAILED, State.CANCELLED],
  [State.STARTING]: [State.RUNNING, State.STOPPING],
  [State.RUNNING]: [State.PAUSED, State.STOPPING],
  [State.PAUSED]: [State.RUNNING, State.STOPPING],
  [State.STOPPING]: [State.SUCCEEDED, State.FAILED, State.CANCELLED],
  [State.SUCCEEDED]: [],
  [State.FAILED]: [],
  [State.CANCELLED]: [],
};

export const mayBecome = (from: State, to: State): boolean => NEXT[from].includes(to);

export const hasEnded = (state: State): boolean => state >= State.SUCCEEDED;

/** Whether a job in this state has slots. */
export const holdsSlots = (state: State): boolean => state >= State.PLACED && state <= State.STOPPING;

/** @throws where the table has no such transition: nothing is written then */
export function requireTransition(from: State, to: State): void {
  if (!mayBecome(from, to)) throw new Error(`A job that is ${State[from]} cannot become ${State[to]}.`);
}
