import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../bootstrap.mjs';
import { bannedWords } from './banned.ts';
import { deadLinks, licence, longDecisions, unlistedVariables } from './documents.ts';
import { barrels, coarseTexture, foldersWithoutMeaning, longFiles, longLines, texture } from './layout.ts';
import {
  lockedForSomeMachinesOnly,
  undeclaredImports,
  unlocked,
  unnamedInstallScripts,
  unusedDependencies,
} from './packages.ts';
import { repositoryFiles, show, type Rule } from './repository.ts';
import { clocksInSql, greedyConstructors, longControllerMethods, longFunctions } from './syntax.ts';

const houseRules: Record<string, Rule> = {
  'no banned word or call': bannedWords,
  'every folder says what is in it': foldersWithoutMeaning,
  'no barrels': barrels,
  'lines fit': longLines,
  'files fit': longFiles,
  'functions fit': longFunctions,
  'controllers pass on': longControllerMethods,
  'classes need little': greedyConstructors,
  'time is passed into SQL': clocksInSql,
  'the texture is fine': coarseTexture,
  'dependencies are used': unusedDependencies,
  'imports are declared': undeclaredImports,
  'dependencies are locked': unlocked,
  'dependencies are locked for every machine': lockedForSomeMachinesOnly,
  'install scripts are named': unnamedInstallScripts,
  'decisions fit on a page': longDecisions,
  'the README lists every variable': unlistedVariables,
  'links lead somewhere': (files) => deadLinks(files, (path) => existsSync(join(root, path))),
  'the licence is whole': licence,
};

describe('the house rules', () => {
  const files = repositoryFiles(root);

  it.each(Object.entries(houseRules))('%s', (_, rule) => {
    expect(rule(files).map(show)).toEqual([]);
  });

  it('has a texture to be proud of', () => {
    const { files: count, median, p95, sourceLines, testLines } = texture(files);
    const share = (testLines / sourceLines).toFixed(2);
    console.info(
      `${count} source files, median ${median}, p95 ${p95} lines; ` +
        `${testLines} lines of test to ${sourceLines} of source (${share})`,
    );
    expect(count).toBeGreaterThan(0);
  });
});
