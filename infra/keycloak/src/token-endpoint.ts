/** A client of the realm; without `secret` it is a public one. */
export interface OidcClient {
  id: string;
  secret?: string;
}

export interface Tokens {
  access: string;
  refresh: string;
  id: string;
}

/** The provider gave no tokens: `code` is OAuth's, such as `invalid_grant`. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, description: string) {
    super(`${code} (${status}): ${description}`);
    this.status = status;
    this.code = code;
  }
}

export interface Endpoints {
  authorization: string;
  token: string;
  device: string;
  introspection: string;
  revocation: string;
  userinfo: string;
  endSession: string;
  keys: string;
}

/** Where a provider does what, from its own description. */
export async function endpointsOf(issuer: string): Promise<Endpoints> {
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  if (!response.ok) throw new TokenRefused(response.status, 'no_discovery', `${issuer} does not describe itself.`);
  const found = (await response.json()) as Record<string, string>;
  const endpoint = (name: string) => found[name] ?? '';
  return {
    authorization: endpoint('authorization_endpoint'),
    token: endpoint('token_endpoint'),
    device: endpoint('device_authorization_endpoint'),
    introspection: endpoint('introspection_endpoint'),
    revocation: endpoint('revocation_endpoint'),
    userinfo: endpoint('userinfo_endpoint'),
    endSession: endpoint('end_session_endpoint'),
    keys: endpoint('jwks_uri'),
  };
}

/** Exchanges a grant for tokens; those that the grant does not give are empty. Throws TokenRefused. */
export async function askForTokens(issuer: string, client: OidcClient, grant: Record<string, string>): Promise<Tokens> {
  const { token } = await endpointsOf(issuer);
  const answer = await post(token, client, grant);
  const text = (name: string) => String(answer.body[name] ?? '');
  if (answer.status !== 200) throw new TokenRefused(answer.status, text('error'), text('error_description'));
  return { access: text('access_token'), refresh: text('refresh_token'), id: text('id_token') };
}

/** Posts a form to an endpoint as this client; `body` is empty where the answer is no JSON. */
export async function post(url: string, { id, secret }: OidcClient, form: Record<string, string>) {
  const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret ?? '')}`).toString('base64');
  const response = await fetch(url, {
    method: 'POST',
    headers: secret ? { authorization: `Basic ${basic}` } : {},
    body: new URLSearchParams(secret ? form : { ...form, client_id: id }),
  });
  const text = await response.text();
  const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, body };
}
