import { describe, expect, it } from '@jest/globals';
import { parseQuotaConfig } from './config.ts';

const GOOD = {
  KONTOR_LISTEN: '127.0.0.1:7810',
  KONTOR_TLS: 'tls',
  KONTOR_DATABASE_URL: 'postgres://quota@localhost/kontor_quota',
};

describe('the settings of quota', () => {
  it('need the database, and have defaults for the rest', () => {
    expect(parseQuotaConfig(GOOD).quota).toEqual({
      operator: 'demo',
      databaseUrl: GOOD.KONTOR_DATABASE_URL,
      quietMs: 300_000,
      allowUnsafeDatabase: false,
    });
  });

  it('allow an unsafe database only when told so in plain words', () => {
    expect(parseQuotaConfig({ ...GOOD, KONTOR_ALLOW_UNSAFE_DATABASE: '1' }).quota.allowUnsafeDatabase).toBe(true);
    const vague = { ...GOOD, KONTOR_ALLOW_UNSAFE_DATABASE: 'true' };
    expect(() => parseQuotaConfig(vague)).toThrow('KONTOR_ALLOW_UNSAFE_DATABASE');
  });

  it.each([
    { KONTOR_DATABASE_URL: 'mysql://quota@localhost' },
    { KONTOR_OPERATOR: 'Two Words' },
    { KONTOR_OPERATOR: '' },
    { KONTOR_QUIET_MS: '0' },
    { KONTOR_LISTEN: '7810' },
  ])('refuse %p with a sentence that names the setting', (wrong) => {
    expect(() => parseQuotaConfig({ ...GOOD, ...wrong })).toThrow(new RegExp(`^${Object.keys(wrong)[0]} .*\\.$`));
  });

  it('name what is missing', () => {
    expect(() => parseQuotaConfig({})).toThrow('KONTOR_DATABASE_URL is not set.');
  });
});
