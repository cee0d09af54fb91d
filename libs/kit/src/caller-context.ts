import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import type { Person } from './person.ts';
import { Problem } from './problem.ts';
import type { Tls } from './tls.ts';

/** The service that vouches for people. */
const ISSUER = 'gateway';
const AUDIENCE = 'kontor';
const ALGORITHM = 'ES256';
const LIFETIME_S = 60;
/** Clocks of one operator's machines may differ by this much. */
const TOLERANCE_S = 5;
const REMEMBERED_MAX = 10_000;

/** The name under which it travels in gRPC metadata. */
export const CONTEXT_HEADER = 'kontor-context';

/**
 * Makes caller contexts: a person and what they may do, signed with the gateway's own key and good for a minute. Its
 * certificate travels along, so that services need nothing but the authority they believe anyway.
 */
export function contextSigner({
  cert,
  key,
}: Pick<Tls, 'cert' | 'key'>): (person: Person, now: Date) => Promise<string> {
  const x5c = [new X509Certificate(cert).raw.toString('base64')];
  const signingKey = createPrivateKey(key);
  return ({ id, reference, roles, scope }, now) => {
    const issuedAt = Math.floor(now.getTime() / 1000);
    return new SignJWT({ reference, roles, ...(scope && { scope }) })
      .setProtectedHeader({ alg: ALGORITHM, x5c })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(id)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFETIME_S)
      .sign(signingKey);
  };
}

/** Believes caller contexts that the gateway of this authority signed within the last minute. */
export class ContextVerifier {
  readonly #authority: X509Certificate;
  readonly #keys = new Map<string, KeyObject>();
  readonly #remembered = new Map<string, { person: Person; untilMs: number }>();

  constructor({ ca }: Pick<Tls, 'ca'>) {
    this.#authority = new X509Certificate(ca);
  }

  /** @throws Problem `context_invalid` */
  async person(context: string, now: Date): Promise<Person> {
    const known = this.#remembered.get(context);
    if (known && known.untilMs > now.getTime()) return known.person;
    try {
      return await this.#verify(context, now);
    } catch {
      throw Problem.unauthenticated('context_invalid', 'The caller context is not valid.');
    }
  }

  async #verify(context: string, now: Date): Promise<Person> {
    const [certificate = ''] = decodeProtectedHeader(context).x5c ?? [];
    const { payload } = await jwtVerify<{ reference: string; roles: Person['roles']; scope?: Person['scope'] }>(
      context,
      this.#keyOf(certificate, now),
      {
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: [ALGORITHM],
        requiredClaims: ['sub', 'exp', 'reference', 'roles'],
        currentDate: now,
        clockTolerance: TOLERANCE_S,
      },
    );
    const { sub: id = '', exp = 0, reference, roles, scope } = payload;
    const person = { id, reference, roles, ...(scope && { scope }) };
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    this.#remembered.set(context, { person, untilMs: exp * 1000 });
    return person;
  }

  /** The gateway's public key, out of a certificate that this authority issued to it. */
  #keyOf(base64: string, now: Date): KeyObject {
    const known = this.#keys.get(base64);
    if (known) return known;
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    const isIssued = certificate.checkIssued(this.#authority) && certificate.verify(this.#authority.publicKey);
    if (!isIssued || certificate.subject !== `CN=${ISSUER}`) throw new Error('Not a certificate of the gateway.');
    if (now < certificate.validFromDate || now > certificate.validToDate) throw new Error('The certificate is over.');
    if (this.#keys.size >= REMEMBERED_MAX) this.#keys.clear();
    this.#keys.set(base64, certificate.publicKey);
    return certificate.publicKey;
  }
}
