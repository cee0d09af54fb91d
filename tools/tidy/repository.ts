import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A text file of the repository; `path` is relative to its root and written with slashes. */
export interface RepositoryFile {
  path: string;
  text: string;
}

/** A place that breaks a house rule. `line` counts from 1; `message` says what to write instead. */
export interface Fault {
  path: string;
  line: number;
  message: string;
}

export type Rule = (files: RepositoryFile[]) => Fault[];

const textual = /(\.(ts|mts|mjs|js|json|md|proto|ya?ml|sh|sql|html|css|npmrc|swcrc)|LICENSE|\.ci\/run)$/;

/** Every text file under `root` that is not built, generated, installed or state; what .gitignore names is left out. */
export function repositoryFiles(root: string): RepositoryFile[] {
  const ignored = new Set(['.git', ...namesIn(readFileSync(join(root, '.gitignore'), 'utf8'))]);
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (ignored.has(entry.name)) return [];
      return entry.isDirectory() ? walk(path) : [path];
    });
  return walk(root)
    .filter((path) => textual.test(path))
    .map((path) => ({ path: relative(root, path).replaceAll(sep, '/'), text: readFileSync(path, 'utf8') }));
}

const namesIn = (gitignore: string) =>
  gitignore
    .split('\n')
    .map((line) => line.replace(/\/$/, ''))
    .filter(Boolean);

export const isCode = ({ path }: RepositoryFile) => /\.(ts|mts|mjs|js)$/.test(path);
const testFolders = /^(e2e|libs\/testing|tools\/(bench|chaos|tidy)|apps\/[^/]+\/testing)\/|\/conformance\//;
/** Specs, stories, fault suites, benchmarks and house rules, and what several of them share. */
export const isTest = ({ path }: RepositoryFile) => /\.spec\.ts$|-under-test\.ts$/.test(path) || testFolders.test(path);

/** `path:line message`, as editors and terminals make it clickable. */
export const show = ({ path, line, message }: Fault) => `${path}:${line} ${message}`;
