import { Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { Problem } from '@kontor/kit/problem';

/** Refuses what comes after a reservation's end. */
export const already = (state: State): Problem =>
  Problem.refused(
    `already_${State[state].toLowerCase()}`,
    `The reservation is already ${State[state].toLowerCase()}.`,
    state === State.EXPIRED ? 'Stop the job and post its final use.' : 'Read the reservation to see how it ended.',
  );
