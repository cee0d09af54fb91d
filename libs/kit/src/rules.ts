import { getOption, hasOption, type DescField, type DescMethod } from '@bufbuild/protobuf';
import { access, field, type FieldRules } from '@kontor/contracts/rules/v1/rules';

/** A field's bounds; undefined where the contract sets none. */
export const rulesOf = (desc: DescField): FieldRules | undefined =>
  hasOption(desc, field) ? getOption(desc, field) : undefined;

/** Services that may call a method; throws where the contract does not say, so that nothing undeclared is served. */
export function callersOf(method: DescMethod): ReadonlySet<string> {
  const callers = hasOption(method, access) ? getOption(method, access).services : [];
  if (callers.length === 0) {
    throw new Error(
      `${method.parent.typeName}.${method.name} declares no callers: give it the option kontor.rules.v1.access.`,
    );
  }
  return new Set(callers);
}
