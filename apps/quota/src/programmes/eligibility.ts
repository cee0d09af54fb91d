import type { EligibilityRule } from '@kontor/contracts/quota/v1/programme';
import { Problem } from '@kontor/kit/problem';

type Rule = Omit<EligibilityRule, '$typeName' | '$unknown'>;

/** The first rule that a proposal's attributes do not satisfy; undefined where all hold. Pure. */
export function unmetRule<R extends Rule>(rules: readonly R[], attributes: Readonly<Record<string, string>>) {
  return rules.find((rule) => !holds(rule, Object.hasOwn(attributes, rule.attribute) && attributes[rule.attribute]));
}

function holds({ oneOf, atLeast, atMost }: Rule, value: string | undefined | false): boolean {
  if (!value) return false;
  if (oneOf.length > 0 && !oneOf.includes(value)) return false;
  if (atLeast === undefined && atMost === undefined) return true;
  if (!/^-?\d{1,18}$/.test(value)) return false;
  const number = BigInt(value);
  return (atLeast === undefined || number >= atLeast) && (atMost === undefined || number <= atMost);
}

/** What a rule asks for, as a refusal says it. */
export function wanted({ attribute, oneOf, atLeast, atMost }: Rule): string {
  const parts = [
    oneOf.length > 0 && `one of ${oneOf.join(', ')}`,
    atLeast !== undefined && `at least ${atLeast}`,
    atMost !== undefined && `at most ${atMost}`,
  ].filter(Boolean);
  return `${attribute} must be ${parts.length > 0 ? parts.join(' and ') : 'given'}`;
}

/** @throws Problem where no proposal could ever satisfy a rule, or two have one name */
export function checkRules(rules: readonly Rule[]): void {
  const names = new Set<string>();
  for (const { name, atLeast, atMost } of rules) {
    if (names.has(name)) throw unfit(`Two rules are named ${name}.`);
    names.add(name);
    if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) {
      throw unfit(`The rule ${name} asks for at least ${atLeast} and at most ${atMost}.`);
    }
  }
}

const unfit = (detail: string): Problem => Problem.invalid('eligibility_rule_unfit', detail, 'Correct the rules.');
