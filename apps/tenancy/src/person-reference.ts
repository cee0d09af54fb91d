import { createHash, randomBytes } from 'node:crypto';

const SALT_BYTES = 16;
const DIGEST_BYTES = 16;

export const newSalt = (): Buffer => randomBytes(SALT_BYTES);

/**
 * How journals name a person. It stays for ever; once the salt is gone nobody can find out, by trying the ids of all
 * people who ever were, whose it was.
 */
export const personReference = (salt: Buffer, personId: string): string => {
  const digest = createHash('sha256').update(salt).update(personId).digest();
  return `person:${digest.subarray(0, DIGEST_BYTES).toString('base64url')}`;
};

/** How journals name a project token: it is the project's, and nobody's name. */
export const tokenReference = (tokenId: string): string => `token:${tokenId}`;
