import { describe, expect, it } from '@jest/globals';
import { newSalt, personReference } from './person-reference.ts';

const ID = '0193a5b0-0000-7000-8000-000000000001';

describe('the reference of a person', () => {
  it('follows from their salt and id, and is the same for ever', () => {
    expect(personReference(Buffer.alloc(16), ID)).toBe(EXPECTED);
  });

  it('cannot be found by whoever knows the id alone', () => {
    const references = Array.from({ length: 100 }, () => personReference(newSalt(), ID));
    expect(new Set(references).size).toBe(100);
    expect(references.join()).not.toContain(ID);
  });
});

/** As computed by `openssl dgst -sha256 -binary`, cut to 16 bytes, in base64url. */
const EXPECTED = 'person:cKe0d-2086cvKheSioekIQ';
