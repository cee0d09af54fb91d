import { describe, expect, it } from '@jest/globals';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { personWith } from '@kontor/testing/acting-for';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { createSecretKey, X509Certificate } from 'node:crypto';
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import { contextSigner, ContextVerifier } from './caller-context.ts';

/** The certificates of a test are as old as the test. */
const NOW = new Date();

describe('a caller context', () => {
  it('tells a service for whom it is called, and what they may do where', async () => {
    const { sign, verifier } = await setup();
    const scope = { tenantId: 't', projectId: 'p' };
    const person = personWith([Role.PROJECT_OWNER], { scope });
    expect(await verifier.person(await sign(person, NOW))).toEqual(person);
  });

  it('names nobody: neither name nor address travels', async () => {
    const { sign } = await setup();
    const claims = decodeJwt(await sign({ ...personWith(), ...{ name: 'Ada', email: 'ada@example.org' } }, NOW));
    expect(JSON.stringify(claims)).not.toMatch(/ada/i);
  });

  it('is good for a minute, give or take the clocks of two machines', async () => {
    const { sign, verifier, clock } = await setup();
    const context = await sign(personWith(), NOW);
    clock.advance(59_000);
    await expect(verifier.person(context)).resolves.toBeDefined();
    clock.advance(7_000);
    await expect(verifier.person(context)).rejects.toMatchObject({ code: 'context_invalid' });
  });

  it('is refused where anybody but the gateway of this authority signed it', async () => {
    const { verifier, tls } = await setup();
    const stranger = await testTls(['gateway'], { stranger: true });
    for (const forger of [tls.of('compute'), stranger.of('gateway')]) {
      const forged = await contextSigner(forger)(personWith([Role.OPERATOR_STAFF]), NOW);
      await expect(verifier.person(forged)).rejects.toMatchObject({ code: 'context_invalid' });
    }
  });

  it('is refused where the certificate is the gateway’s and the signature is not', async () => {
    const { verifier, tls } = await setup();
    const mixed = contextSigner({ cert: tls.of('gateway').cert, key: tls.of('compute').key });
    await expect(verifier.person(await mixed(personWith(), NOW))).rejects.toMatchObject({
      code: 'context_invalid',
    });
  });

  it.each(['', 'x', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.'])('is refused where it is %j', async (text) => {
    const { verifier } = await setup();
    await expect(verifier.person(text)).rejects.toMatchObject({ code: 'context_invalid' });
  });

  it('is refused unsigned, and signed with the public key as if it were a secret', async () => {
    const { verifier, tls } = await setup();
    const certificate = new X509Certificate(tls.of('gateway').cert);
    const x5c = [certificate.raw.toString('base64')];
    const claims = { reference: 'person:x', roles: [Role.OPERATOR_STAFF], sub: 'x', aud: 'kontor', iss: 'gateway' };
    const exp = Math.floor(NOW.getTime() / 1_000) + 60;
    const secret = createSecretKey(certificate.publicKey.export({ type: 'spki', format: 'der' }));
    const unsigned = new UnsecuredJWT({ ...claims, exp }).encode();
    const hmac = await new SignJWT({ ...claims, exp }).setProtectedHeader({ alg: 'HS256', x5c }).sign(secret);
    for (const forged of [unsigned, hmac])
      await expect(verifier.person(forged)).rejects.toMatchObject({ code: 'context_invalid' });
  });

  it('is known again only as it was signed, to the last character', async () => {
    const { sign, verifier } = await setup();
    const context = await sign(personWith(), NOW);
    await verifier.person(context);
    const [header = '', , signature = ''] = context.split('.');
    const [, claims = ''] = (await sign(personWith([Role.OPERATOR_STAFF]), NOW)).split('.');
    const other = [header, claims, signature].join('.');
    for (const forged of [other, `${context}A`, context.slice(0, -2), ` ${context}`])
      await expect(verifier.person(forged)).rejects.toMatchObject({ code: 'context_invalid' });
  });

  it('is forgotten with its minute, and before it where many others come', async () => {
    const { sign, tls, clock } = await setup();
    const verifier = new ContextVerifier(tls.of('quota'), clock, 3);
    const contexts = await Promise.all(Array.from({ length: 5 }, () => sign(personWith(), NOW)));
    for (const context of [...contexts, ...contexts]) await verifier.person(context);
    expect(verifier.remembered).toBe(3);
    clock.advance(66_000);
    for (const context of contexts)
      await expect(verifier.person(context)).rejects.toMatchObject({ code: 'context_invalid' });
  });

  it('is believed no longer than the certificate of the gateway is good, however often it was seen', async () => {
    const { sign, verifier, tls, clock } = await setup();
    const end = new X509Certificate(tls.of('gateway').cert).validToDate;
    clock.advance(end.getTime() - 2_000 - NOW.getTime());
    await verifier.person(await sign(personWith(), clock.now()));
    clock.advance(1_000);
    const late = await sign(personWith(), clock.now());
    await expect(verifier.person(late)).resolves.toBeDefined();
    const unseen = await sign(personWith(), clock.now());
    clock.advance(2_000);
    for (const context of [late, unseen])
      await expect(verifier.person(context)).rejects.toMatchObject({ code: 'context_invalid' });
  });

  async function setup() {
    const tls = await testTls(['gateway', 'compute', 'quota']);
    const clock = new FakeClock(NOW);
    return {
      tls,
      clock,
      sign: contextSigner(tls.of('gateway')),
      verifier: new ContextVerifier(tls.of('quota'), clock),
    };
  }
});
