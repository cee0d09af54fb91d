import preset from '../../jest.preset.mjs';

export default {
  ...preset,
  globalSetup: '@kontor/testing/postgres-setup',
  globalTeardown: '@kontor/testing/postgres-teardown',
};
