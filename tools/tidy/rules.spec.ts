import { describe, expect, it } from '@jest/globals';
import { deadLinks, licence, longDecisions, unlistedVariables } from './documents.ts';
import { barrels, coarseTexture, foldersWithoutMeaning, longFiles, longLines, texture } from './layout.ts';
import { show, type RepositoryFile, type Rule } from './repository.ts';
import { clocksInSql, greedyConstructors, longControllerMethods, longFunctions } from './syntax.ts';

const lines = (count: number, line = 'x;') => Array.from({ length: count }, () => line).join('\n');
const parameters = (count: number) => Array.from({ length: count }, (_, index) => `readonly p${index}: P`).join(', ');

const cases: Record<string, { rule: Rule; file: RepositoryFile; fault: string | undefined }> = {
  'a folder that says nothing': {
    rule: foldersWithoutMeaning,
    file: { path: 'libs/kit/src/utils/retry.ts', text: '' },
    fault: 'libs/kit/src/utils/retry.ts:1 a folder named utils says nothing: name the concept',
  },
  'a file that only sounds like such a folder': {
    rule: foldersWithoutMeaning,
    file: { path: 'libs/kit/src/core-dump.ts', text: '' },
    fault: undefined,
  },
  'a barrel': {
    rule: barrels,
    file: { path: 'libs/kit/src/index.ts', text: "export * from './grpc.ts';\n" },
    fault: 'libs/kit/src/index.ts:1 a barrel: import from the file that has it',
  },
  'an index that has something of its own': {
    rule: barrels,
    file: { path: 'apps/portal/src/index.ts', text: "import './start.ts';\nexport const started = true;\n" },
    fault: undefined,
  },
  'a line of 121 characters': {
    rule: longLines,
    file: { path: 'libs/kit/src/grpc.ts', text: `x;\n${'y'.repeat(121)}` },
    fault: 'libs/kit/src/grpc.ts:2 121 characters: break the line at 120',
  },
  'a line of 120 characters': {
    rule: longLines,
    file: { path: 'libs/kit/src/grpc.ts', text: 'y'.repeat(120) },
    fault: undefined,
  },
  'a file of 401 lines': {
    rule: longFiles,
    file: { path: 'libs/kit/src/grpc.ts', text: lines(401) },
    fault: 'libs/kit/src/grpc.ts:400 401 lines: split the file',
  },
  'a file of 400 lines': { rule: longFiles, file: { path: 'a.ts', text: `${lines(400)}\n` }, fault: undefined },
  'a function of 71 lines': {
    rule: longFunctions,
    file: { path: 'libs/kit/src/grpc.ts', text: `x;\nfunction f() {\n${lines(69)}\n}` },
    fault: 'libs/kit/src/grpc.ts:2 a function of 71 lines: split it, 70 are enough',
  },
  'a function of 70 lines': {
    rule: longFunctions,
    file: { path: 'libs/kit/src/grpc.ts', text: `function f() {\n${lines(68)}\n}` },
    fault: undefined,
  },
  'a describe of a thousand lines': {
    rule: longFunctions,
    file: { path: 'libs/kit/src/grpc.spec.ts', text: `describe('it', () => {\n${lines(1000)}\n});` },
    fault: undefined,
  },
  'a controller that decides': {
    rule: longControllerMethods,
    file: { path: 'apps/quota/src/quota.controller.ts', text: `class C {\n  m() {\n${lines(9)}\n  }\n}` },
    fault:
      'apps/quota/src/quota.controller.ts:2 a controller method of 11 lines: ' +
      'move what it decides into a file named by its verb',
  },
  'the same method elsewhere': {
    rule: longControllerMethods,
    file: { path: 'apps/quota/src/ledger.ts', text: `class C {\n  m() {\n${lines(9)}\n  }\n}` },
    fault: undefined,
  },
  'a class that needs six others': {
    rule: greedyConstructors,
    file: { path: 'apps/quota/src/ledger.ts', text: `class C {\n  constructor(${parameters(6)}) {}\n}` },
    fault: 'apps/quota/src/ledger.ts:2 a constructor with 6 dependencies: split the class, 5 are enough',
  },
  'a class that needs five others': {
    rule: greedyConstructors,
    file: { path: 'apps/quota/src/ledger.ts', text: `class C { constructor(${parameters(5)}) {} }` },
    fault: undefined,
  },
  "the database's own clock in SQL": {
    rule: clocksInSql,
    file: { path: 'apps/quota/src/expiry.ts', text: 'await tx.query(\n`DELETE FROM t WHERE at < ${a} - now()`);' },
    fault: 'apps/quota/src/expiry.ts:2 now(): the clock of the database; pass the time as a parameter',
  },
  'a default that reads it in a migration': {
    rule: clocksInSql,
    file: { path: 'apps/quota/migrations/0001-ledger.ts', text: "query('at timestamptz DEFAULT CURRENT_TIMESTAMP')" },
    fault:
      'apps/quota/migrations/0001-ledger.ts:1 CURRENT_TIMESTAMP: the clock of the database; ' +
      'pass the time as a parameter',
  },
  'the injected clock': {
    rule: clocksInSql,
    file: { path: 'apps/quota/src/expiry.ts', text: "const now = () => 0; query('at < $1', [clock.now(), now()])" },
    fault: undefined,
  },
  'a decision of two pages': {
    rule: longDecisions,
    file: { path: 'docs/decisions/0002-engines.md', text: lines(81) },
    fault: 'docs/decisions/0002-engines.md:80 81 lines: a decision is one page, 80 lines',
  },
  'a guide of two pages': { rule: longDecisions, file: { path: 'docs/guide.md', text: lines(81) }, fault: undefined },
  'a variable that no table lists': {
    rule: (files) =>
      unlistedVariables([...files, { path: 'README.md', text: '| `KONTOR_A`, `KONTOR_B` | | KONTOR_C |' }]),
    file: { path: 'libs/kit/src/config.ts', text: 'env.KONTOR_A;\nenv.KONTOR_B;\nenv.KONTOR_C;' },
    fault: 'libs/kit/src/config.ts:3 KONTOR_C is not in the README: add a row to its table of variables',
  },
  'a variable of a test': {
    rule: unlistedVariables,
    file: { path: 'libs/kit/src/config.spec.ts', text: 'env.KONTOR_D;' },
    fault: undefined,
  },
  'a link to nowhere': {
    rule: (files) => deadLinks(files, (path) => path === 'docs/there.md'),
    file: { path: 'docs/guide.md', text: '[a](there.md#part), [b](https://example.org), [c](#here)\n[d](../gone.md)' },
    fault: 'docs/guide.md:2 ../gone.md is not there: correct the link',
  },
};

describe('a house rule', () => {
  it.each(Object.entries(cases))('judges %s', (_, { rule, file, fault }) => {
    expect(rule([file]).map(show)).toEqual(fault === undefined ? [] : [fault]);
  });

  it('wants the whole licence, and every package to name it', () => {
    const files = [
      { path: 'LICENSE', text: 'Apache License, in short' },
      { path: 'tools/package.json', text: '{}' },
    ];
    expect(licence(files).map(show)).toEqual([
      'LICENSE:1 "Version 2.0, January 2004" is missing: put the whole Apache-2.0 text here',
      'LICENSE:1 "END OF TERMS AND CONDITIONS" is missing: put the whole Apache-2.0 text here',
      'tools/package.json:1 says no licence: add "license": "Apache-2.0"',
    ]);
  });
});

describe('the texture', () => {
  const source = (name: string, count: number) => ({ path: `apps/quota/src/${name}.ts`, text: lines(count) });

  it('counts the sources, and the tests beside them', () => {
    const files = [source('a', 10), source('b', 30), source('c', 300), { path: 'e2e/job.ts', text: lines(99) }];
    expect(texture(files)).toEqual({ files: 3, median: 30, p95: 300, sourceLines: 340, testLines: 99 });
  });

  it('is too coarse with long files and few tests', () => {
    expect(coarseTexture([source('a', 61), source('b', 61), source('c', 201)]).map(show)).toEqual([
      '.:1 the median source file has 61 lines: split files, to 60',
      '.:1 the 95th percentile of source files has 201 lines: split files, to 200',
      '.:1 0 lines of test to 323 of source: write tests, to 0.8 of it',
    ]);
  });

  it('is fine with short files and as much test as source', () => {
    expect(coarseTexture([source('a', 60), source('a.spec', 60)])).toEqual([]);
  });
});
