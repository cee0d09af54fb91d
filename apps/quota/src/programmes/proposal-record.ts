import { createHash, randomBytes } from 'node:crypto';
import type { SubmitProposalRequest } from '@kontor/contracts/quota/v1/programme';
import { requestAsJson } from './proposal-message.ts';

/** Enough that nobody who guesses the words can tell whether they guessed right. */
const SALT_BYTES = 16;

/**
 * What the journal keeps of a proposal: everything but the applicant's own words, of which it has a digest. They can be
 * erased, and nothing can from the journal; as long as the row has them and the salt, the digest proves them.
 */
export function recordOf(request: SubmitProposalRequest): { salt: string; record: object } {
  const salt = randomBytes(SALT_BYTES).toString('hex');
  const { purpose: _, attributes: __, ...rest } = requestAsJson(request) as Record<string, unknown>;
  return { salt, record: { ...rest, textSha256: textDigest(salt, request) } };
}

/** SHA-256, in hexadecimal, over the salt and the JSON of purpose and attributes, these by name. */
export function textDigest(
  salt: string,
  { purpose, attributes }: Pick<SubmitProposalRequest, 'purpose' | 'attributes'>,
): string {
  const byName = Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256')
    .update(salt)
    .update(JSON.stringify([purpose, byName]))
    .digest('hex');
}
