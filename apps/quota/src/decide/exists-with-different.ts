import { Problem } from '@kontor/kit/problem';

/** The first of the fields that differs, as a conflict: a repeated request is the same only if it asks for the same. */
export function existsWithDifferent(fields: Record<string, boolean>): Problem | undefined {
  const field = Object.keys(fields).find((name) => fields[name]);
  if (field === undefined) return undefined;
  return Problem.conflict(
    `exists_with_different_${field}`,
    `This id was used before with another ${field}.`,
    'Repeat a request as it was, or choose a new id.',
  );
}
