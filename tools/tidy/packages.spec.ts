import { describe, expect, it } from '@jest/globals';
import {
  lockedForSomeMachinesOnly,
  undeclaredImports,
  unlocked,
  unnamedInstallScripts,
  unusedDependencies,
} from './packages.ts';
import { show, type RepositoryFile } from './repository.ts';

describe('the packages', () => {
  it('that are declared are used: by an import, a command, a configuration, a peer, or as types of one that is', () => {
    const files = workspace(
      {
        dependencies: { idle: '1', imported: '1', lazy: '1', peer: '1', parts: '1' },
        devDependencies: { program: '1', '@types/imported': '1', '@types/idle': '1', configured: '1' },
      },
      {
        'tools/a.ts':
          "import { x } from 'imported/deep';\nawait import('lazy');\nrequire.resolve(`@parts/${machine}`);",
        'jest.preset.mjs': "export default { runner: 'configured' };",
        'nx.json': '{ "command": "cd x && prog --fast" }',
      },
      {
        'node_modules/imported': { peerDependencies: { peer: '1' } },
        'node_modules/program': { bin: { prog: 'bin/prog.js' } },
        'node_modules/parts': { optionalDependencies: { '@parts/linux-x64': '1' } },
      },
    );
    expect(unusedDependencies(files).map(show)).toEqual([
      'package.json:5 idle is used nowhere: remove it',
      'package.json:14 @types/idle is used nowhere: remove it',
    ]);
  });

  it('that are imported are declared, here or at the root', () => {
    const files = workspace(
      { dependencies: { declared: '1' } },
      {
        'tools/package.json': '{ "name": "@kontor/tools", "dependencies": { "own": "1" } }',
        'tools/a.ts':
          "import 'declared/x';\nimport 'own';\nimport 'node:fs';\nimport '@kontor/tools/b';\nimport '@a/b';",
        'libs/kit/src/b.ts': "import './c.ts';\nexport { x } from 'own';",
      },
    );
    expect(undeclaredImports(files).map(show)).toEqual([
      'tools/a.ts:5 @a/b is not declared: add it to package.json',
      'libs/kit/src/b.ts:2 own is not declared: add it to package.json',
    ]);
  });

  it('that are declared are locked, in the same range', () => {
    const files = workspace(
      { dependencies: { fine: '1', changed: '2', added: '1' } },
      {
        'libs/new/package.json': '{ "name": "@kontor/new" }',
      },
      { '': { dependencies: { fine: '1', changed: '1' } } },
    );
    expect(unlocked(files).map(show)).toEqual([
      'package.json:6 changed is locked otherwise',
      'package.json:7 added is locked otherwise',
      'libs/new/package.json:1 is not in package-lock.json: run npm install',
    ]);
  });

  it('come from the registry of whoever installs them', () => {
    const files = workspace({}, {}, { 'node_modules/x': { resolved: 'https://registry.example.org/x.tgz' } });
    expect(unlocked(files).map(show)).toEqual([expect.stringContaining('node_modules/x names a registry host')]);
  });

  it('that have a part for each machine are locked with all of them', () => {
    const files = workspace(
      {},
      {},
      {
        'node_modules/swift': { optionalDependencies: { '@swift/linux': '1', '@swift/darwin': '1' } },
        'node_modules/@swift/linux': {},
      },
    );
    expect(lockedForSomeMachinesOnly(files).map(show)).toEqual([
      expect.stringMatching(/^package-lock.json:1 @swift\/darwin of node_modules\/swift is missing/),
    ]);
  });

  it('that run a script while they are installed are named, with a yes or a no', () => {
    const files = workspace(
      { allowScripts: { yes: true, no: false } },
      {},
      {
        'node_modules/yes': { hasInstallScript: true },
        'node_modules/a/node_modules/no': { hasInstallScript: true },
        'node_modules/@scope/silent': { hasInstallScript: true },
        'node_modules/quiet': {},
      },
    );
    expect(unnamedInstallScripts(files).map(show)).toEqual([
      'package.json:1 @scope/silent runs a script when it is installed: name it in allowScripts',
    ]);
  });

  function workspace(manifest: object, texts: Record<string, string>, locked: object = {}): RepositoryFile[] {
    const root = JSON.stringify({ name: 'kontor', version: '1', ...manifest }, null, 2);
    const lock = JSON.stringify({ packages: { '': manifest, ...locked } });
    return Object.entries({ 'package.json': root, 'package-lock.json': lock, ...texts }).map(([path, text]) => ({
      path,
      text,
    }));
  }
});
