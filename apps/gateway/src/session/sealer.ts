import { CompactEncrypt, compactDecrypt, errors } from 'jose';
import { fingerprint } from '../identity/fingerprint.ts';

const KEY_MANAGEMENT = 'dir';
const ENCRYPTION = 'A256GCM';

/** Seals what a browser keeps for us: it can neither be read nor changed there, nor used for another purpose. */
export class Sealer {
  readonly #keys: { kid: string; key: Uint8Array }[];

  /** @param keys of 32 bytes each: the first seals, all of them open, so that keys can be changed */
  constructor(keys: Buffer[]) {
    this.#keys = keys.map((key) => ({ kid: fingerprint(key.toString('base64url')).slice(0, 8), key }));
  }

  /** A compact JWE. */
  seal(bytes: Uint8Array, purpose: string): Promise<string> {
    const [first] = this.#keys;
    if (first === undefined) throw new Error('There is no key to seal with.');
    return new CompactEncrypt(bytes)
      .setProtectedHeader({ alg: KEY_MANAGEMENT, enc: ENCRYPTION, kid: first.kid, typ: purpose })
      .encrypt(first.key);
  }

  /** What was sealed; undefined where it was not sealed here, for this purpose, as it stands. */
  async open(sealed: string, purpose: string): Promise<Uint8Array | undefined> {
    try {
      const { plaintext, protectedHeader } = await compactDecrypt(sealed, ({ kid }) => this.#keyNamed(kid), {
        keyManagementAlgorithms: [KEY_MANAGEMENT],
        contentEncryptionAlgorithms: [ENCRYPTION],
      });
      return protectedHeader.typ === purpose ? plaintext : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  #keyNamed(kid: unknown): Uint8Array {
    const known = this.#keys.find((candidate) => candidate.kid === kid);
    if (known === undefined) throw new errors.JWEDecryptionFailed();
    return known.key;
  }
}
