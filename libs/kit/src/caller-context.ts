import { createPrivateKey, X509Certificate } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import type { Clock } from './clock.ts';
import type { Person } from './person.ts';
import { Problem } from './problem.ts';
import { Remembered } from './remembered.ts';
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

/** What a context says beside whom it is about. */
interface Claims extends Pick<Person, 'reference' | 'roles' | 'scope'> {
  knownSinceMs?: number;
}

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
  return ({ id, reference, roles, scope, knownSince }, now) => {
    const issuedAt = Math.floor(now.getTime() / 1000);
    const claims: Claims = {
      reference,
      roles,
      ...(scope && { scope }),
      ...(knownSince && { knownSinceMs: knownSince.getTime() }),
    };
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, x5c })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(id)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + LIFETIME_S)
      .sign(signingKey);
  };
}

interface Verdict {
  person: Person;
  /** Until when the context is good. */
  untilMs: number;
}

/** Believes caller contexts that the gateway of this authority signed within the last minute. */
export class ContextVerifier {
  readonly #authority: X509Certificate;
  /** The gateway's certificates, of which there are as many as were issued to it. */
  readonly #issued = new Map<string, X509Certificate>();
  readonly #verdicts: Remembered<Verdict>;

  /** @param most how many contexts are remembered; the oldest go first */
  constructor(
    { ca }: Pick<Tls, 'ca'>,
    private readonly clock: Clock,
    most = REMEMBERED_MAX,
  ) {
    this.#authority = new X509Certificate(ca);
    this.#verdicts = new Remembered(clock, (LIFETIME_S + TOLERANCE_S) * 1_000, most);
  }

  /** How many contexts it knows again without looking at their signatures. */
  get remembered(): number {
    return this.#verdicts.size;
  }

  /** @throws Problem `context_invalid` */
  async person(context: string): Promise<Person> {
    const verdict = await this.#verdicts.get(context, () => this.#verify(context)).catch(() => undefined);
    if (verdict && verdict.untilMs > this.clock.now().getTime()) return verdict.person;
    throw Problem.unauthenticated('context_invalid', 'The caller context is not valid.');
  }

  async #verify(context: string): Promise<Verdict> {
    const now = this.clock.now();
    const [base64 = ''] = decodeProtectedHeader(context).x5c ?? [];
    const { publicKey, validToDate } = this.#certificate(base64, now);
    const { payload } = await jwtVerify<Claims>(context, publicKey, {
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: [ALGORITHM],
      requiredClaims: ['sub', 'exp', 'reference', 'roles'],
      currentDate: now,
      clockTolerance: TOLERANCE_S,
    });
    const { sub: id = '', exp = 0, reference, roles, scope, knownSinceMs } = payload;
    const knownSince = knownSinceMs === undefined ? undefined : new Date(knownSinceMs);
    const person = { id, reference, roles, ...(scope && { scope }), ...(knownSince && { knownSince }) };
    return { person, untilMs: Math.min((exp + TOLERANCE_S) * 1_000, validToDate.getTime()) };
  }

  /** The gateway's certificate, which this authority issued to it and which is good now. */
  #certificate(base64: string, now: Date): X509Certificate {
    const certificate = this.#issued.get(base64) ?? this.#issuedToGateway(base64);
    if (now < certificate.validFromDate || now > certificate.validToDate) throw new Error('The certificate is over.');
    return certificate;
  }

  #issuedToGateway(base64: string): X509Certificate {
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'));
    const isIssued = certificate.checkIssued(this.#authority) && certificate.verify(this.#authority.publicKey);
    if (!isIssued || certificate.subject !== `CN=${ISSUER}`) throw new Error('Not a certificate of the gateway.');
    this.#issued.set(base64, certificate);
    return certificate;
  }
}
