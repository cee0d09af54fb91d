import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { TENANT, TOKEN } from '../testing/gateway-under-test.ts';
import { readConfig } from './config.ts';

const wrong: Record<string, [Record<string, string | undefined>, string]> = {
  'an address of the network': [
    { KONTOR_LISTEN: '192.0.2.1:7800' },
    'KONTOR_LISTEN must be a loopback address such as 127.0.0.1:7800, because people cannot sign in yet.',
  ],
  'every address': [{ KONTOR_LISTEN: '0.0.0.0:7800' }, 'KONTOR_LISTEN must be a loopback address'],
  'a name that only begins like loopback': [
    { KONTOR_LISTEN: '127.0.0.1.example.org:7800' }, 'KONTOR_LISTEN must be a loopback address',
  ],
  'no address of quota': [{ KONTOR_QUOTA: undefined }, 'KONTOR_QUOTA is not set.'],
  'an address without a port': [{ KONTOR_COMPUTE: 'localhost' }, 'KONTOR_COMPUTE must be host:port'],
  'a tenant that is no UUID': [{ KONTOR_TENANT: 'demo' }, 'KONTOR_TENANT must be the id of the tenant'],
  'an operator that is no slug': [{ KONTOR_OPERATOR: 'Demo Operator' }, 'KONTOR_OPERATOR must be a slug'],
  'no token file': [{ KONTOR_TOKEN_FILE: undefined }, 'KONTOR_TOKEN_FILE is not set.'],
  'a token file that is not there': [{ KONTOR_TOKEN_FILE: '/nowhere/token' }, 'KONTOR_TOKEN_FILE cannot be read'],
  'two faults': [{ KONTOR_QUOTA: undefined, KONTOR_TENANT: 'x' }, 'KONTOR_QUOTA is not set. KONTOR_TENANT must be'],
};

describe('the gateway\'s configuration', () => {
  it('is read once, with the token from its file', async () => {
    using it = await setup();
    expect(readConfig(it.environment)).toMatchObject({
      listen: '127.0.0.1:0', quota: '127.0.0.1:7810', compute: 'localhost:7820', token: TOKEN, tenantId: TENANT,
      operator: 'demo',
    });
  });

  it.each(['127.0.0.1:7800', '127.1.2.3:7800', 'localhost:7800'])('may listen on %s', async (listen) => {
    using it = await setup();
    expect(readConfig({ ...it.environment, KONTOR_LISTEN: listen }).listen).toBe(listen);
  });

  it.each(Object.entries(wrong))('with %s is refused in one sentence', async (_, [change, sentence]) => {
    using it = await setup();
    expect(() => readConfig({ ...it.environment, ...change })).toThrow(sentence);
  });

  it.each(['', 'short', `${TOKEN} ${TOKEN}`])('with %j as the token is refused without showing it', async (token) => {
    using it = await setup(token);
    const sentence = /^KONTOR_TOKEN_FILE must hold one token of at least 32 characters\.$/;
    expect(() => readConfig(it.environment)).toThrow(sentence);
  });
});

async function setup(token = `${TOKEN}\n`) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-config-'));
  const file = join(folder, 'token');
  writeFileSync(file, token);
  const environment: NodeJS.ProcessEnv = {
    KONTOR_LISTEN: '127.0.0.1:0', KONTOR_TLS: (await testTls(['gateway'])).directory, KONTOR_QUOTA: '127.0.0.1:7810',
    KONTOR_COMPUTE: 'localhost:7820', KONTOR_TOKEN_FILE: file, KONTOR_TENANT: TENANT,
  };
  return { environment, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
