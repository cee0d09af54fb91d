import { getOption, hasOption, type DescField } from '@bufbuild/protobuf';
import { field, type FieldRules } from '@kontor/contracts/rules/v1/rules';

/** A field's bounds; undefined where the contract sets none. */
export const rulesOf = (desc: DescField): FieldRules | undefined =>
  hasOption(desc, field) ? getOption(desc, field) : undefined;
