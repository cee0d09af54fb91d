import { describe, expect, it } from '@jest/globals';
import { agrees, checkNode, environment, Help, quietly, step, whyInstallFailed } from './bootstrap.mjs';

describe('the bootstrap', () => {
  it.each(['v20.19.0', 'v20.20.2', 'v22.0.0', 'v24.9.0'])('accepts Node %s', (version) => {
    expect(() => checkNode(version)).not.toThrow();
  });

  it.each(['v20.18.3', 'v18.20.0', 'v0.12.0'])('refuses Node %s in one sentence', (version) => {
    expect(() => checkNode(version)).toThrow(
      new Help(`Kontor needs Node 20.19 or newer, and this is ${version}: install a newer one.`),
    );
  });

  const locked = {
    packages: {
      '': { version: '0.1.0' },
      'apps/quota': { version: '0.1.0' },
      'node_modules/pg': { version: '8.1.0' },
      'node_modules/@kontor/quota': { resolved: 'apps/quota', link: true },
      'node_modules/only-on-macs': { version: '1.0.0', optional: true },
    },
  };
  const installed = (changes: object) => ({ packages: { ...locked.packages, ...changes } });
  const cases = {
    'everything is installed': { found: installed({}), fresh: true },
    'a package for other machines is not': {
      found: installed({ 'node_modules/only-on-macs': undefined }),
      fresh: true,
    },
    'nothing is installed': { found: { packages: {} }, fresh: false },
    'a package is missing': { found: installed({ 'node_modules/pg': undefined }), fresh: false },
    'a package is older': { found: installed({ 'node_modules/pg': { version: '8.0.0' } }), fresh: false },
    'a package of ours moved': {
      found: installed({ 'node_modules/@kontor/quota': { resolved: 'apps/ledger', link: true } }),
      fresh: false,
    },
  };

  it.each(Object.entries(cases))('compares what is installed with what is locked: %s', (_, { found, fresh }) => {
    expect(agrees(locked, found)).toBe(fresh);
  });

  const failures = {
    'npm error code ENOSPC': 'The disk is full',
    'npm error code EACCES': 'No permission to write',
    'npm error code EAI_AGAIN': 'The package registry cannot be reached',
    'npm error code EUSAGE': 'package.json and package-lock.json disagree',
    'npm error code EINTEGRITY': 'A downloaded package is not the locked one',
    'npm error something new': 'Installing the packages failed',
  };

  it.each(Object.entries(failures))('says what to do about "%s", and keeps what npm said', (output, help) => {
    expect(whyInstallFailed(output)).toMatch(new RegExp(`^${help}`));
    expect(whyInstallFailed(output)).toContain(output);
  });

  it('runs our programs on Node 24, whatever runs the bootstrap', async () => {
    const { code, output } = await quietly('node', ['--version']);
    expect(code).toBe(0);
    expect(output).toMatch(/^v24\./);
  });

  it('keeps Nx from leaving a process behind', () => {
    expect(environment({ EXTRA: '1' })).toMatchObject({ NX_DAEMON: 'false', EXTRA: '1' });
  });

  it('passes on what a step answers, and why it failed', async () => {
    await expect(step('adding', () => Promise.resolve(3))).resolves.toBe(3);
    await expect(step('failing', () => Promise.reject(new Help('no')))).rejects.toThrow('no');
  });
});
