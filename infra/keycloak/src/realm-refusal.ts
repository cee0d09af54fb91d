import { z } from 'zod';
import { RealmFault } from './realm-fault.ts';

/** Reads JSON as the schema says; `what` names the file. Throws RealmFault with a sentence for each thing amiss. */
export function parse<T extends z.ZodType>(schema: T, json: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  refuse(parsed.error.issues.flatMap((issue) => sentences(issue, json, what)));
  throw parsed.error;
}

/** Throws RealmFault where there are faults. */
export function refuse(faults: string[]): void {
  if (faults.length === 0) return;
  throw new RealmFault(
    `The embedded provider cannot honour this realm: ${faults.join(' ')}`,
    'Change these settings, or run a Keycloak server with this realm.',
  );
}

/** One issue of zod as sentences that name the place as a reader of the file finds it: clients by their id. */
function sentences(issue: z.core.$ZodIssue, json: unknown, what: string): string[] {
  if (issue.code === 'invalid_union') return unionSentences(issue, json, what);
  const place = [what, ...namesAlong(issue.path, json)].join('.');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${place}.${key} is not known.`);
  if (issue.code === 'invalid_value') return [`${place} may only be ${issue.values.map(String).join(' or ')}.`];
  return [`${place}: ${issue.message}.`];
}

/** A client is one of two kinds; the kind it fits best is the one it meant to be. */
function unionSentences(issue: z.core.$ZodIssueInvalidUnion, json: unknown, what: string): string[] {
  const within = (inner: z.core.$ZodIssue) => ({ ...inner, path: [...issue.path, ...inner.path] });
  const size = (branch: z.core.$ZodIssue[]) => branch.flatMap((one) => sentences(within(one), json, what)).length;
  const [best = []] = [...issue.errors].sort((a, b) => size(a) - size(b));
  return best.flatMap((inner) => sentences(within(inner), json, what));
}

function namesAlong(path: PropertyKey[], json: unknown): string[] {
  const [step, ...rest] = path;
  if (step === undefined) return [];
  const inner = (json as Record<PropertyKey, unknown> | undefined)?.[step];
  const { clientId, username } = (inner ?? {}) as Record<string, unknown>;
  return [String(clientId ?? username ?? String(step)), ...namesAlong(rest, inner)];
}
