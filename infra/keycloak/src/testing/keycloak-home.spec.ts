import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keycloakHome } from './keycloak-home.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

describe('an installed Keycloak', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-engines-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is found where its owner says it is', () => {
    const own = install('own');
    expect(keycloakHome({ KONTOR_KEYCLOAK: own, KONTOR_ENGINES: join(folder, 'none') })).toBe(own);
  });

  it('is found where the engines were to be installed, as seen from the root', () => {
    const installed = install('engines/keycloak');
    const engines = join(folder, 'engines');
    expect(keycloakHome({ KONTOR_ENGINES: engines })).toBe(installed);
    expect(keycloakHome({ KONTOR_ENGINES: relative(ROOT, engines) })).toBe(installed);
  });

  it('is not found where there is none', () => {
    expect(keycloakHome({ KONTOR_ENGINES: join(folder, 'none') })).toBeUndefined();
    expect(keycloakHome({ KONTOR_KEYCLOAK: folder })).toBeUndefined();
  });

  function install(path: string): string {
    mkdirSync(join(folder, path, 'lib'), { recursive: true });
    writeFileSync(join(folder, path, 'lib', 'quarkus-run.jar'), '');
    return join(folder, path);
  }
});
