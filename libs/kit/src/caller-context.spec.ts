import { describe, expect, it } from '@jest/globals';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { personWith } from '@kontor/testing/acting-for';
import { testTls } from '@kontor/testing/test-tls';
import { createSecretKey, X509Certificate } from 'node:crypto';
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import { contextSigner, ContextVerifier } from './caller-context.ts';

/** The certificates of a test are as old as the test. */
const NOW = new Date();
const seconds = (count: number): Date => new Date(NOW.getTime() + count * 1000);

describe('a caller context', () => {
  it('tells a service for whom it is called, and what they may do where', async () => {
    const { sign, verifier } = await setup();
    const scope = { tenantId: 't', projectId: 'p' };
    const person = personWith([Role.PROJECT_OWNER], { scope });
    expect(await verifier.person(await sign(person, NOW), NOW)).toEqual(person);
  });

  it('names nobody: neither name nor address travels', async () => {
    const { sign } = await setup();
    const claims = decodeJwt(await sign({ ...personWith(), ...{ name: 'Ada', email: 'ada@example.org' } }, NOW));
    expect(JSON.stringify(claims)).not.toMatch(/ada/i);
  });

  it('is good for a minute, give or take the clocks of two machines', async () => {
    const { sign, verifier } = await setup();
    const context = await sign(personWith(), NOW);
    await expect(verifier.person(context, seconds(59))).resolves.toBeDefined();
    await expect(verifier.person(context, seconds(66))).rejects.toMatchObject({ code: 'context_invalid' });
  });

  it('is refused where anybody but the gateway of this authority signed it', async () => {
    const { verifier, tls } = await setup();
    const stranger = await testTls(['gateway'], { stranger: true });
    for (const forger of [tls.of('compute'), stranger.of('gateway')]) {
      const forged = await contextSigner(forger)(personWith([Role.OPERATOR_STAFF]), NOW);
      await expect(verifier.person(forged, NOW)).rejects.toMatchObject({ code: 'context_invalid' });
    }
  });

  it('is refused where the certificate is the gateway’s and the signature is not', async () => {
    const { verifier, tls } = await setup();
    const mixed = contextSigner({ cert: tls.of('gateway').cert, key: tls.of('compute').key });
    await expect(verifier.person(await mixed(personWith(), NOW), NOW)).rejects.toMatchObject({
      code: 'context_invalid',
    });
  });

  it.each(['', 'x', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.'])('is refused where it is %j', async (text) => {
    const { verifier } = await setup();
    await expect(verifier.person(text, NOW)).rejects.toMatchObject({ code: 'context_invalid' });
  });

  it('is refused unsigned, and signed with the public key as if it were a secret', async () => {
    const { verifier, tls } = await setup();
    const certificate = new X509Certificate(tls.of('gateway').cert);
    const x5c = [certificate.raw.toString('base64')];
    const claims = { reference: 'person:x', roles: [Role.OPERATOR_STAFF], sub: 'x', aud: 'kontor', iss: 'gateway' };
    const exp = Math.floor(seconds(60).getTime() / 1000);
    const secret = createSecretKey(certificate.publicKey.export({ type: 'spki', format: 'der' }));
    const unsigned = new UnsecuredJWT({ ...claims, exp }).encode();
    const hmac = await new SignJWT({ ...claims, exp }).setProtectedHeader({ alg: 'HS256', x5c }).sign(secret);
    for (const forged of [unsigned, hmac])
      await expect(verifier.person(forged, NOW)).rejects.toMatchObject({ code: 'context_invalid' });
  });

  async function setup() {
    const tls = await testTls(['gateway', 'compute', 'quota']);
    return { tls, sign: contextSigner(tls.of('gateway')), verifier: new ContextVerifier(tls.of('quota')) };
  }
});
