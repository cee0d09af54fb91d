import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { Problem } from '@kontor/kit/problem';

/** Before and after anything that PostgreSQL and JavaScript can both date. */
const [BEGINNING, END] = [new Date(0), new Date('9999-12-31T23:59:59.999Z')];

/**
 * From when on and before when something counts. What a request leaves out is no limit: then everything counts, also
 * what a clock that was set back says is still to come.
 *
 * @throws Problem where it would end before it begins
 */
export function intervalOf({
  from,
  to,
}: {
  from?: Timestamp | undefined;
  to?: Timestamp | undefined;
}): [from: Date, to: Date] {
  const interval: [Date, Date] = [from ? timestampDate(from) : BEGINNING, to ? timestampDate(to) : END];
  if (interval[0] <= interval[1]) return interval;
  throw Problem.invalid(
    'time_runs_backwards',
    'It would end before it begins.',
    'Name an end that is later than the beginning.',
  );
}
