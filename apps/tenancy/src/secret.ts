import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** What a secret is for, which whoever finds one in a file or a log can see. */
type Kind = 'kpt' | 'kinv';

/** A secret of 256 random bits, which is shown once, and the digest by which it is known again. */
export function newSecret(kind: Kind): { secret: string; secretSha256: Buffer } {
  const secret = `${kind}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { secret, secretSha256: digestOf(secret) };
}

/** No salt and no slow hash: nobody can try 2^256 secrets. */
export const digestOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
