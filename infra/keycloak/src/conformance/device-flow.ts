import { describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { confirmDevice, deviceSignIn, pollForTokens, startDevice } from '../sign-in.ts';
import type { IdentityProvider } from '../testing/identity-provider.ts';
import { DEMO_PASSWORD } from '../testing/realm-client.ts';
import { endpointsOf, post } from '../token-endpoint.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/** How a program on a person's own machine is let in. */
export function deviceFlow(provider: () => IdentityProvider) {
  describe('a program on a person’s machine', () => {
    it('acts for the person who confirmed its code', async () => {
      const tokens = await deviceSignIn(provider().issuer, 'kontor-cli', 'researcher', DEMO_PASSWORD);
      expect(decodeJwt(tokens.access)).toMatchObject({
        azp: 'kontor-cli',
        aud: 'kontor-api',
        preferred_username: 'researcher',
      });
      expect(tokens.refresh).not.toBe('');
      expect(await provider().introspect(tokens.access)).toMatchObject({ active: true, client_id: 'kontor-cli' });
    });

    it('waits until then, and uses its code once', async () => {
      const { issuer } = provider();
      const { token } = await endpointsOf(issuer);
      const device = await startDevice(issuer, 'kontor-cli');
      const ask = () => post(token, { id: 'kontor-cli' }, { grant_type: GRANT, device_code: device.device_code });
      expect(await ask()).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });
      expect(device.interval).toBe(5);
      await confirmDevice(device.verification_uri, device.user_code, 'researcher', DEMO_PASSWORD);
      await pollForTokens(issuer, 'kontor-cli', device);
      expect((await ask()).status).toBe(400);
    });

    it('gets nothing where the person types the wrong password', async () => {
      const { issuer } = provider();
      const { token } = await endpointsOf(issuer);
      const device = await startDevice(issuer, 'kontor-cli');
      await confirmDevice(device.verification_uri, device.user_code, 'researcher', 'wrong');
      const answer = await post(token, { id: 'kontor-cli' }, { grant_type: GRANT, device_code: device.device_code });
      expect(answer.status).toBe(400);
    });

    it('is one that the realm lets use this flow', async () => {
      const { issuer, clientSecret } = provider();
      const { device } = await endpointsOf(issuer);
      const answer = await post(device, { id: 'kontor-portal', secret: clientSecret }, { scope: 'openid' });
      expect(answer.body['device_code']).toBeUndefined();
      expect(answer.status).toBeGreaterThanOrEqual(400);
    });
  });
}
