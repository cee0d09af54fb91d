import { readCachedProjectGraph } from '@nx/devkit';
import nx from '@nx/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Without a project graph the boundary rule skips itself and passes everything. This throws instead, and says why.
readCachedProjectGraph();

/** A project of this type may use only projects of those types. */
const layer = (type, ...may) => ({
  sourceTag: `type:${type}`,
  onlyDependOnLibsWithTags: may.map((other) => `type:${other}`),
});

/** A project with this owner may use only what is its own and what belongs to everyone. */
const owner = (name) => ({ sourceTag: `scope:${name}`, onlyDependOnLibsWithTags: [`scope:${name}`, 'scope:shared'] });

const layers = [
  layer('contract', 'contract'),
  layer('kit', 'kit', 'contract'),
  layer('domain', 'domain', 'contract'),
  layer('infra', 'infra', 'kit'),
  layer('service', 'service', 'domain', 'kit', 'contract'),
  { ...layer('edge', 'edge', 'kit', 'contract'), bannedExternalImports: ['typeorm', '@nestjs/typeorm', 'pg'] },
  layer('testing', 'testing', 'infra', 'domain', 'kit', 'contract'),
  layer('tool', 'tool', 'example', 'testing', 'infra', 'domain', 'kit', 'contract'),
  layer('example', 'example'),
  layer('e2e', 'e2e', 'example', 'testing', 'tool', 'infra', 'domain', 'kit', 'contract'),
];

const owners = ['gateway', 'tenancy', 'quota', 'compute', 'shared'].map(owner);

/** Specs, what several of them share, and suites they run against their own subject. */
const tests = ['**/*.spec.ts', 'apps/*/testing/**', '**/conformance/**', '**/*-under-test.ts'];

/** Tests may also use the harness. */
const withHarness = (constraint) => ({
  ...constraint,
  onlyDependOnLibsWithTags: [...constraint.onlyDependOnLibsWithTags, 'type:testing', 'type:infra'],
});

/** The harness stands on the kit and on PostgreSQL, and their own tests use the harness: circles of tests only. */
const circlesOfTests = [
  ['@kontor/kit', '@kontor/testing'],
  ['@kontor/kit', '@kontor/postgres'],
  ['@kontor/testing', '@kontor/postgres'],
];

const boundaries = (depConstraints) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    {
      allow: ['../jest.preset.mjs', '../../jest.preset.mjs'],
      ignoredCircularDependencies: circlesOfTests,
      depConstraints,
    },
  ],
});

/** Rules that need types: each catches a fault that a test easily misses, such as a promise nobody awaits. */
const typed = {
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': 'error',
  '@typescript-eslint/only-throw-error': 'error',
  '@typescript-eslint/prefer-promise-reject-errors': 'error',
  '@typescript-eslint/return-await': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
};

/** Where the strict set of typescript-eslint does not fit this stack. */
const lenient = {
  // A Nest module, or a DTO made from its message, is a class with nothing in it.
  '@typescript-eslint/no-extraneous-class': 'off',
  // A required message is optional in its type, and is there all the same once the kit has checked the request.
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/no-empty-function': 'off',
  // It refuses Promise.withResolvers<void>().
  '@typescript-eslint/no-invalid-void-type': 'off',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
};

export default defineConfig(
  globalIgnores(['**/dist/', '**/gen/', '**/coverage/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.mts', '**/*.mjs', '**/*.js'],
    extends: [tseslint.configs.strict, tseslint.configs.stylistic],
    plugins: { '@nx': nx },
    rules: { ...lenient, ...boundaries([...layers, ...owners]) },
  },
  { files: ['**/*.ts'], languageOptions: { parserOptions: { projectService: true } }, rules: typed },
  { files: tests, rules: boundaries([...layers.map(withHarness), ...owners]) },
);
