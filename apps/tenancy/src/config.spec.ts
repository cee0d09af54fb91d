import { describe, expect, it } from '@jest/globals';
import { parseTenancyConfig } from './config.ts';

const GOOD = {
  KONTOR_LISTEN: '127.0.0.1:7805',
  KONTOR_TLS: 'tls',
  KONTOR_DATABASE_URL: 'postgres://tenancy@localhost/kontor_tenancy',
};

describe('the settings of tenancy', () => {
  it('need the database, and have defaults for the rest', () => {
    expect(parseTenancyConfig(GOOD)).toEqual({ ...GOOD, KONTOR_OPERATOR: 'demo', KONTOR_LOG: 'info' });
    expect(() => parseTenancyConfig({ ...GOOD, KONTOR_DATABASE_URL: undefined })).toThrow(
      'KONTOR_DATABASE_URL is not set.',
    );
  });

  it.each([{ KONTOR_DATABASE_URL: 'mysql://x' }, { KONTOR_OPERATOR: 'Two Words' }, { KONTOR_OPERATOR: '' }])(
    'refuse %p with a sentence that names the setting',
    (wrong) => {
      const sentence = new RegExp(`^${Object.keys(wrong)[0]} .*\\.$`);
      expect(() => parseTenancyConfig({ ...GOOD, ...wrong })).toThrow(sentence);
    },
  );
});
