import { fromJson, toJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  SubmitProposalRequestSchema,
  type ProposalSchema,
  type SubmitProposalRequest,
} from '@kontor/contracts/quota/v1/programme';
import type { ProposalRow } from '../programme-tables.ts';

export type ProposalInit = MessageInitShape<typeof ProposalSchema>;

export const requestOf = ({ request }: ProposalRow): SubmitProposalRequest =>
  fromJson(SubmitProposalRequestSchema, request as JsonValue);

export const requestAsJson = (request: SubmitProposalRequest): object =>
  toJson(SubmitProposalRequestSchema, request) as object;

export function proposalMessage(row: ProposalRow): ProposalInit {
  const { state, applicant, rule, reasons, help, decidedBy, decidedAt, awardId, createdAt } = row;
  return {
    request: requestOf(row),
    state,
    applicant,
    rule,
    reasons,
    help,
    decidedBy,
    awardId: awardId ?? '',
    createdAt: timestampFromDate(createdAt),
    ...(decidedAt && { decidedAt: timestampFromDate(decidedAt) }),
  };
}
