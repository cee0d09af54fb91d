import { describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { testTls } from './test-tls.ts';

describe('certificates for tests', () => {
  it('share one authority in a test file', async () => {
    const [first, second] = [await testTls(['quota']), await testTls(['compute', 'gateway'])];
    const authority = new X509Certificate(first.of('quota').ca);
    for (const pair of [first.of('quota'), second.of('compute'), second.of('gateway')]) {
      expect(new X509Certificate(pair.cert).verify(authority.publicKey)).toBe(true);
    }
  });

  it('come from an authority that nobody knows when a stranger is asked for', async () => {
    const [ours, theirs] = [await testTls(['quota']), await testTls(['quota'], { stranger: true })];
    const authority = new X509Certificate(ours.of('quota').ca);
    expect(new X509Certificate(theirs.of('quota').cert).verify(authority.publicKey)).toBe(false);
  });
});
