import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

// Tests read what a service answers, not what it logs.
process.env.KONTOR_LOG ??= 'fatal';

const swc = JSON.parse(readFileSync(new URL('.swcrc', import.meta.url), 'utf8'));

/**
 * One Jest configuration for every project: native ESM, TypeScript by swc, workspace packages from their sources.
 * Here `./x.ts` must stay `./x.ts`, because Jest reads the sources and not what the build wrote.
 */
export default {
  testEnvironment: 'node',
  // By itself Jest leaves one core idle. Each worker may have a PostgreSQL of its own, and memory enough for four.
  maxWorkers: Math.min(4, availableParallelism()),
  testEnvironmentOptions: { customExportConditions: ['@kontor/source', 'node', 'node-addons'] },
  testMatch: ['**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { ...swc, swcrc: false, jsc: { ...swc.jsc, rewriteRelativeImportExtensions: false } }],
  },
  testTimeout: 30_000,
};
