import { describe, expect, it } from '@jest/globals';
import { readSettings } from './settings.ts';

describe('settings', () => {
  it('need none of the variables', () => {
    const { home, operator, ports } = readSettings({});
    expect(home).toMatch(/\/\.kontor$/);
    expect({ operator, ports }).toEqual({
      operator: 'demo',
      ports: { gateway: 7800, tenancy: 7805, identity: 7808, quota: 7810, compute: 7820, postgres: 7832 },
    });
  });

  it('come from the environment, the folder made absolute', () => {
    const { home, operator, ports } = readSettings({
      KONTOR_HOME: 'here',
      KONTOR_OPERATOR: 'north-sea',
      KONTOR_GATEWAY_PORT: '80',
    });
    expect({ home, operator, gateway: ports.gateway }).toEqual({
      home: `${process.cwd()}/here`,
      operator: 'north-sea',
      gateway: 80,
    });
  });

  it.each(['0', '65536', '-1', '78oo', ' 80', '1e3'])('refuse %s as a port, and say what is one', (text) => {
    expect(() => readSettings({ KONTOR_QUOTA_PORT: text })).toThrow(`KONTOR_QUOTA_PORT is not a port: ${text}.`);
  });

  it.each(['Demo', 'a_b', '-a', 'a--b', 'x'.repeat(61)])('refuse %s as the name of an operator', (text) => {
    expect(() => readSettings({ KONTOR_OPERATOR: text })).toThrow('KONTOR_OPERATOR is not a name');
  });

  it('refuse one port for two', () => {
    expect(() => readSettings({ KONTOR_GATEWAY_PORT: '7810' })).toThrow(
      'gateway and quota would both listen on port 7810.',
    );
  });
});
