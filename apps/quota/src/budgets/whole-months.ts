/**
 * The part of an interval that is made of whole months of the calendar in UTC: from the first of one month to before
 * the first of another, or nothing at the interval's beginning. Pure.
 */
export function wholeMonths(from: Date, to: Date): [from: Date, to: Date] {
  const [first, end] = [monthOf(from), monthOf(to)];
  if (first < from) first.setUTCMonth(first.getUTCMonth() + 1);
  return first < end ? [first, end] : [from, from];
}

/** When the month began that an instant is in. */
const monthOf = (at: Date): Date => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth()));
