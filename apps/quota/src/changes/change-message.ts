import { fromJson, toJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { MatterSchema, type ChangeSchema, type Matter } from '@kontor/contracts/quota/v1/change';
import type { ChangeRow } from '../programme-tables.ts';

export type ChangeInit = MessageInitShape<typeof ChangeSchema>;

/** What a change is about. The contract requires it; the generated type cannot say so. */
export function matterIn({ matter }: { matter?: Matter | undefined }): Matter {
  if (!matter) throw new Error('A change without matter passed validation.');
  return matter;
}

export const matterOf = ({ matter }: ChangeRow): Matter => fromJson(MatterSchema, matter as JsonValue);

export const matterAsJson = (matter: Matter): object => toJson(MatterSchema, matter) as object;

export function changeMessage(row: ChangeRow): ChangeInit {
  const { id, reason, state, proposedBy, proposedAt, decidedBy, decidedAt, decisionReason } = row;
  return {
    id,
    matter: matterOf(row),
    reason,
    state,
    proposedBy,
    decidedBy,
    decisionReason,
    proposedAt: timestampFromDate(proposedAt),
    ...(decidedAt && { decidedAt: timestampFromDate(decidedAt) }),
  };
}
