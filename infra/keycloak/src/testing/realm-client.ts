import { obtainTokens, type Tokens } from '../sign-in.ts';
import { askForTokens, endpointsOf, post } from '../token-endpoint.ts';
import type { IdentityProvider } from './identity-provider.ts';

/** Of every demo user. */
export const DEMO_PASSWORD = 'kontor-demo';

/** What the two clients of the realm with a secret need to know. */
export interface RealmSecrets {
  publicUrl: string;
  clientSecret: string;
  serviceSecret: string;
}

type Asked = Pick<IdentityProvider, 'tokensOf' | 'serviceAccountToken' | 'signOut' | 'revoke' | 'introspect'>;

/** What is asked of a provider in the same way, whichever kind it is. */
export function realmClient(issuer: string, { publicUrl, clientSecret, serviceSecret }: RealmSecrets): Asked {
  const portal = { id: 'kontor-portal', secret: clientSecret, redirectUri: `${publicUrl}/auth/callback` };
  const service = { id: 'kontor-service', secret: serviceSecret };
  const revoke = async (token: string) => {
    const { revocation } = await endpointsOf(issuer);
    const { status } = await post(revocation, portal, { token });
    if (status !== 200) throw new Error(`The token was not taken back: ${status}`);
  };
  return {
    tokensOf: (username): Promise<Tokens> => obtainTokens(issuer, portal, username, DEMO_PASSWORD),
    serviceAccountToken: async () => {
      const { access } = await askForTokens(issuer, service, { grant_type: 'client_credentials' });
      return access;
    },
    revoke,
    // Both kinds end the client's part of the session with its refresh token.
    signOut: revoke,
    introspect: async (token) => {
      const { introspection } = await endpointsOf(issuer);
      const { body } = await post(introspection, portal, { token });
      return { ...body, active: body['active'] === true };
    },
  };
}
