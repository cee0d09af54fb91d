import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CHALLENGE } from './conformance/raw-flow.ts';
import { signIn } from './sign-in.ts';
import { startEmbedded } from './testing/embedded.ts';
import type { IdentityProvider } from './testing/identity-provider.ts';
import { DEMO_PASSWORD } from './testing/realm-client.ts';

describe('a sign-in without a browser', () => {
  let provider: IdentityProvider;
  let gateway: { server: Server; url: string };

  beforeAll(async () => {
    gateway = await gatewayFor(() => provider.issuer);
    provider = await startEmbedded({ publicUrl: gateway.url });
  });

  afterAll(async () => {
    await provider.stop();
    await once(gateway.server.close(), 'close');
  });

  it('starts at the gateway and ends with the answer of its callback', async () => {
    const { response, url, jar } = await signIn(`${gateway.url}/auth/sign-in`, 'researcher', DEMO_PASSWORD);
    expect(response.status).toBe(303);
    expect(url).toMatch(`${gateway.url}/auth/callback?code=`);
    expect(jar.get('state')).toBe('mine');
    expect(await response.text()).toBe('state=mine');
  });

  it('needs no password in a browser that is signed in', async () => {
    const { jar } = await signIn(`${gateway.url}/auth/sign-in`, 'researcher', DEMO_PASSWORD);
    const again = await signIn(`${gateway.url}/auth/sign-in`, 'researcher', 'not looked at', jar);
    expect(again.url).toContain('code=');
  });

  it('says what the page said where it is refused', async () => {
    await expect(signIn(`${gateway.url}/auth/sign-in`, 'researcher', 'wrong')).rejects.toMatchObject({
      name: 'SignInRefused',
      status: 200,
      page: expect.stringContaining('Name or password is wrong.'),
    });
  });

  it('says so where nothing leads to a sign-in, or round and round', async () => {
    await expect(signIn(`${gateway.url}/plain`, 'researcher', DEMO_PASSWORD)).rejects.toThrow('did not lead back');
    await expect(signIn(`${gateway.url}/circle`, 'researcher', DEMO_PASSWORD)).rejects.toThrow('did not end after 20');
    await expect(signIn(`${gateway.url}/broken`, 'researcher', DEMO_PASSWORD)).rejects.toThrow('refused (500): Sorry');
  });
});

/** Does what a gateway does in a browser's eyes: sends people to sign in, and takes them back. */
async function gatewayFor(issuer: () => string) {
  const server = createServer((request, response) => {
    const start = new URL(`${issuer()}/protocol/openid-connect/auth`);
    start.search = new URLSearchParams({
      client_id: 'kontor-portal',
      redirect_uri: `${url}/auth/callback`,
      response_type: 'code',
      scope: 'openid',
      state: 'mine',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    }).toString();
    const answers: Record<string, () => void> = {
      '/auth/sign-in': () =>
        response.writeHead(302, { location: start.href, 'set-cookie': 'state=mine; Path=/auth; HttpOnly' }).end(),
      '/auth/callback': () => response.writeHead(303, { location: '/' }).end(request.headers.cookie),
      '/circle': () => response.writeHead(302, { location: '/circle' }).end(),
      '/broken': () => response.writeHead(500).end('<p>Sorry</p>'),
      '/plain': () => response.end('<p>Nothing to fill in</p>'),
    };
    answers[new URL(request.url ?? '/', url).pathname]?.();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, url };
}
