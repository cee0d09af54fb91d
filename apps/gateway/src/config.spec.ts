import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { readConfig } from './config.ts';

const ISSUER = 'https://id.example.org/realms/kontor';
const [KEY, OLD_KEY] = [randomBytes(32), randomBytes(32)];

const wrong: Record<string, [Record<string, string | undefined>, string]> = {
  'an address of the network and an issuer in the clear': [
    { KONTOR_LISTEN: '192.0.2.1:7800', KONTOR_ISSUER: 'http://localhost:7808/realms/kontor' },
    'KONTOR_LISTEN must be a loopback address such as 127.0.0.1:7800 while KONTOR_ISSUER is not https.',
  ],
  'a name that only begins like loopback': [
    { KONTOR_LISTEN: '127.0.0.1.example.org:7800', KONTOR_ISSUER: 'http://localhost:7808/realms/kontor' },
    'KONTOR_LISTEN must be a loopback address',
  ],
  'an issuer in the clear on another machine': [
    { KONTOR_LISTEN: '127.0.0.1:7800', KONTOR_ISSUER: 'http://id.example.org/realms/kontor' },
    'KONTOR_ISSUER must be https, unless it is on this machine.',
  ],
  'an issuer whose name only begins like loopback': [
    { KONTOR_LISTEN: '127.0.0.1:7800', KONTOR_ISSUER: 'http://127.0.0.1@id.example.org/realms/kontor' },
    'KONTOR_ISSUER must be https, unless it is on this machine.',
  ],
  'no address of tenancy': [{ KONTOR_TENANCY: undefined }, 'KONTOR_TENANCY is not set.'],
  'an address without a port': [{ KONTOR_COMPUTE: 'localhost' }, 'KONTOR_COMPUTE must be host:port'],
  'an issuer that is no realm': [{ KONTOR_ISSUER: 'https://id.example.org' }, 'KONTOR_ISSUER must be the address of a'],
  'an issuer with a slash at its end': [{ KONTOR_ISSUER: `${ISSUER}/` }, 'KONTOR_ISSUER must be the address of a'],
  'a public URL with a path': [{ KONTOR_PUBLIC_URL: 'https://kontor.example.org/x' }, 'KONTOR_PUBLIC_URL must be how'],
  'a public URL in the clear': [
    { KONTOR_PUBLIC_URL: 'http://kontor.example.org' },
    'KONTOR_PUBLIC_URL must be https, unless it is on this machine.',
  ],
  'an operator that is no slug': [{ KONTOR_OPERATOR: 'Demo Operator' }, 'KONTOR_OPERATOR must be a slug'],
  'no secret of its client': [{ KONTOR_OIDC_SECRET_FILE: undefined }, 'KONTOR_OIDC_SECRET_FILE is not set.'],
  'a secret file that is not there': [{ KONTOR_OIDC_SECRET_FILE: '/nowhere/x' }, 'KONTOR_OIDC_SECRET_FILE cannot be'],
  'an empty secret file': [{ KONTOR_OIDC_SECRET_FILE: '/dev/null' }, 'KONTOR_OIDC_SECRET_FILE is an empty file.'],
  'two faults': [{ KONTOR_QUOTA: undefined, KONTOR_ISSUER: 'x' }, 'KONTOR_QUOTA is not set. KONTOR_ISSUER must be'],
};

describe("the gateway's configuration", () => {
  it('is read once, with the secrets from their files', async () => {
    using it = await setup();
    expect(readConfig(it.environment)).toMatchObject({
      listen: '192.0.2.1:7800',
      quota: '127.0.0.1:7810',
      compute: 'localhost:7820',
      tenancy: '127.0.0.1:7805',
      issuer: ISSUER,
      audience: 'kontor-api',
      client: { id: 'kontor-portal', secret: 'the secret' },
      publicUrl: 'https://kontor.example.org',
      sessionKeys: [KEY, OLD_KEY],
      operator: 'demo',
    });
  });

  const loopback = ['127.0.0.1:7800', '127.1.2.3:7800', 'localhost:7800'];
  it.each(loopback)('may listen on %s for an issuer on this machine', async (listen) => {
    using it = await setup();
    const environment = { ...it.environment, KONTOR_LISTEN: listen, KONTOR_ISSUER: 'http://localhost:7808/realms/x' };
    expect(readConfig(environment).listen).toBe(listen);
  });

  it('names a default port in no origin, as browsers do', async () => {
    using it = await setup();
    const environment = { ...it.environment, KONTOR_PUBLIC_URL: 'https://kontor.example.org:443' };
    expect(readConfig(environment).publicUrl).toBe('https://kontor.example.org');
  });

  it.each(Object.entries(wrong))('with %s is refused in one sentence', async (_, [change, sentence]) => {
    using it = await setup();
    expect(() => readConfig({ ...it.environment, ...change })).toThrow(sentence);
  });

  const short = randomBytes(31).toString('base64url');
  it.each([short, `${short}==`, 'x y'.repeat(20)])('with %j as a session key is refused unseen', async (key) => {
    using it = await setup(key);
    expect(() => readConfig(it.environment)).toThrow(
      /^KONTOR_SESSION_KEY_FILE must hold on each line 32 random bytes in base64url \(43 characters\)\.$/,
    );
  });
});

async function setup(keys = [KEY, OLD_KEY].map((key) => key.toString('base64url')).join('\n')) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-config-'));
  const [secretFile, keyFile] = [join(folder, 'secret'), join(folder, 'keys')];
  writeFileSync(secretFile, 'the secret\n');
  writeFileSync(keyFile, `${keys}\n`);
  const environment: NodeJS.ProcessEnv = {
    KONTOR_LISTEN: '192.0.2.1:7800',
    KONTOR_TLS: (await testTls(['gateway'])).directory,
    KONTOR_QUOTA: '127.0.0.1:7810',
    KONTOR_COMPUTE: 'localhost:7820',
    KONTOR_TENANCY: '127.0.0.1:7805',
    KONTOR_ISSUER: ISSUER,
    KONTOR_PUBLIC_URL: 'https://kontor.example.org',
    KONTOR_OIDC_SECRET_FILE: secretFile,
    KONTOR_SESSION_KEY_FILE: keyFile,
  };
  return { environment, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
