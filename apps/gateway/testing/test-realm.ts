import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

export const CLIENT = { id: 'kontor-portal', secret: 'secret-of-the-portal' };
export const AUDIENCE = 'kontor-api';

interface RealmKey {
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

/**
 * As much of a realm as judging bearers takes, on loopback: its description, its keys, and whether it stands by a
 * token. Signs whatever a test asks for, at no more than the cost of a signature.
 */
export class TestRealm {
  /** Published, the signing one last. */
  keys: RealmKey[] = [];
  readonly revoked = new Set<string>();
  /** How often it was asked, by the last part of the path. */
  readonly asked = new Map<string, number>();
  /** What it answers instead, whatever it is asked, while this is set. */
  failure: { status: number; body: string } | undefined;

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  /** @param name of the realm */
  static async start(name = 'kontor'): Promise<TestRealm> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const realm = new TestRealm(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/${name}`);
    realm.keys = [await newKey()];
    server.on('request', (request, response) => {
      void realm
        .#answer(request)
        .then(({ status, body }) => response.writeHead(status, { 'content-type': 'application/json' }).end(body));
    });
    return realm;
  }

  /** An access token, good for five minutes, unless the claims say otherwise; a claim that is undefined is left out. */
  async token(claims: Record<string, unknown> = {}, { key = this.#signing(), header = {} } = {}): Promise<string> {
    return new SignJWT(this.claims(claims))
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid, ...header })
      .sign(key.privateKey);
  }

  claims(change: Record<string, unknown> = {}): Record<string, unknown> {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: this.issuer,
      aud: [AUDIENCE, 'account'],
      sub: randomUUID(),
      typ: 'Bearer',
      azp: CLIENT.id,
      jti: randomUUID(),
      iat: now,
      exp: now + 300,
      name: 'Ada Example',
      email: 'ada@demo.example',
      email_verified: true,
      realm_access: { roles: [] },
      ...change,
    };
    return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  }

  /** From now on a new key signs; the old one stays published. */
  async rotate(): Promise<void> {
    this.keys = [...this.keys, await newKey()];
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  #signing(): RealmKey {
    const key = this.keys.at(-1);
    if (key === undefined) throw new Error('The realm has no key.');
    return key;
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: string }> {
    const asked = request.url?.split('/').at(-1) ?? '';
    this.asked.set(asked, (this.asked.get(asked) ?? 0) + 1);
    if (this.failure) return this.failure;
    if (asked === 'openid-configuration') return json(this.#description());
    if (asked === 'certs') return json({ keys: this.keys.map(({ publicJwk }) => publicJwk) });
    if (asked !== 'introspect') return { status: 404, body: '{}' };
    const [, basic = ''] = /^Basic (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    const shown = decodeURIComponent(Buffer.from(basic, 'base64').toString());
    if (shown !== `${CLIENT.id}:${CLIENT.secret}`) return { status: 401, body: '{}' };
    const token = new URLSearchParams(await text(request)).get('token') ?? '';
    return json({ active: !this.revoked.has(token) });
  }

  #description() {
    const base = `${this.issuer}/protocol/openid-connect`;
    return {
      issuer: this.issuer,
      jwks_uri: `${base}/certs`,
      introspection_endpoint: `${base}/token/introspect`,
      authorization_endpoint: `${base}/auth`,
      token_endpoint: `${base}/token`,
      end_session_endpoint: `${base}/logout`,
    };
  }
}

const json = (body: object) => ({ status: 200, body: JSON.stringify(body) });

export async function newKey(): Promise<RealmKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = randomUUID();
  return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } };
}
