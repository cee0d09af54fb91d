import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '@kontor/kit/config';
import { uuid7 } from '@kontor/kit/id';
import { computeEnvironment, engineOptions, filesFolder, operatorTenantOf, settingsOf } from './config.ts';

const ENVIRONMENT = {
  KONTOR_LISTEN: '127.0.0.1:7820',
  KONTOR_TLS: '/tls',
  KONTOR_DATABASE_URL: 'postgres://localhost/kontor_compute',
  KONTOR_QUOTA: '127.0.0.1:7810',
  KONTOR_TENANCY: '127.0.0.1:7805',
  KONTOR_HOME: '/home',
};

const parse = (more: Record<string, string> = {}) => parseConfig(computeEnvironment, { ...ENVIRONMENT, ...more });

describe('the configuration', () => {
  it('needs little, and the rest has defaults', () => {
    const config = parse();
    expect(settingsOf(config)).toMatchObject({
      terms: {
        operator: 'demo',
        operatorTenantId: operatorTenantOf('demo'),
        admitsUnisolated: false,
        cover: { intervalMs: 60_000n, marginMs: 20_000n },
      },
      claimMs: 10_000,
      keepJobsMs: 30 * 86_400_000,
    });
    expect(filesFolder(config)).toBe('/home/uploads');
    expect(engineOptions(config)).toEqual({ home: '/home', sandbox: true });
  });

  it('can be all said', () => {
    const tenant = uuid7();
    const settings = settingsOf(
      parse({
        KONTOR_OPERATOR: 'estonia',
        KONTOR_OPERATOR_TENANT: tenant,
        KONTOR_ADMIT_UNISOLATED: 'true',
        KONTOR_COVER_MS: '500',
        KONTOR_COVER_MARGIN_MS: '100',
      }),
    );
    expect(settings.terms).toEqual({
      operator: 'estonia',
      operatorTenantId: tenant,
      admitsUnisolated: true,
      cover: { intervalMs: 500n, marginMs: 100n },
    });
  });

  it('says how the engine of this machine runs its jobs', () => {
    expect(engineOptions(parse({ KONTOR_SANDBOX: 'false', KONTOR_CONTROL_GROUP: '/sys/fs/cgroup/kontor' }))).toEqual({
      home: '/home',
      sandbox: false,
      controlGroup: '/sys/fs/cgroup/kontor',
    });
  });

  it.each([
    ['KONTOR_DATABASE_URL', 'mysql://x'],
    ['KONTOR_QUOTA', 'quota'],
    ['KONTOR_TENANCY', 'tenancy'],
    ['KONTOR_SUSPENSION_MS', '0'],
    ['KONTOR_HOME', ''],
    ['KONTOR_OPERATOR', 'Two Words'],
    ['KONTOR_OPERATOR_TENANT', 'demo'],
    ['KONTOR_ADMIT_UNISOLATED', 'yes'],
    ['KONTOR_SANDBOX', 'no'],
    ['KONTOR_KEEP_JOBS_DAYS', '0'],
    ['KONTOR_CONTROL_GROUP', ''],
    ['KONTOR_COVER_MS', '0'],
    ['KONTOR_COVER_MARGIN_MS', '60000'],
    ['KONTOR_STEPS_AT_ONCE', 'many'],
    ['KONTOR_FILE_BYTES_MAX', '-1'],
  ])('is refused with %s=%s, in a sentence that names it', (name, value) => {
    expect(() => parse({ [name]: value })).toThrow(name);
  });

  it('is refused without what it needs', () => {
    expect(() => parseConfig(computeEnvironment, {})).toThrow(
      /KONTOR_DATABASE_URL is not set\..*KONTOR_QUOTA is not set\./,
    );
  });
});
