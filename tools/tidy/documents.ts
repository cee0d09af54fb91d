import { posix } from 'node:path';
import { isCode, isTest, type Fault, type RepositoryFile } from './repository.ts';

const longestDecision = 80;

/** A decision fits on one page. */
export function longDecisions(files: RepositoryFile[]): Fault[] {
  return files
    .filter(({ path }) => path.startsWith('docs/decisions/'))
    .flatMap(({ path, text }) => {
      const lines = text.trimEnd().split('\n').length;
      return lines <= longestDecision
        ? []
        : [
            {
              path,
              line: longestDecision,
              message: `${lines} lines: a decision is one page, ${longestDecision} lines`,
            },
          ];
    });
}

/** Links inside the repository lead somewhere: to a file, or to a folder with one in it. */
export function deadLinks(files: RepositoryFile[], exists: (path: string) => boolean): Fault[] {
  return files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) =>
        [...line.matchAll(/\]\(([^)\s]+)\)/g)]
          .map(([, target = '']) => target.replace(/#.*$/, ''))
          .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
          .filter((target) => !exists(posix.join(posix.dirname(path), target)))
          .map((target) => ({ path, line: index + 1, message: `${target} is not there: correct the link` })),
      ),
    );
}

/** Every variable that code knows, tests aside, is a row of the README's table, where operators look for it. */
export function unlistedVariables(files: RepositoryFile[]): Fault[] {
  const readme = files.find(({ path }) => path === 'README.md')?.text ?? '';
  const rows = readme.split('\n').filter((line) => line.startsWith('| `KONTOR_'));
  const listed = new Set(rows.flatMap((row) => row.split('|')[1]?.match(/KONTOR_\w+/g) ?? []));
  return files
    .filter((file) => isCode(file) && !isTest(file))
    .flatMap(({ path, text }) => {
      const known = text
        .split('\n')
        .flatMap((line, index) =>
          [...line.matchAll(/\bKONTOR_[A-Z_]*[A-Z]\b/g)].map(([name]) => ({ name, line: index + 1 })),
        );
      const unlisted = new Map(known.filter(({ name }) => !listed.has(name)).map((each) => [each.name, each]));
      return [...unlisted.values()].map(({ name, line }) => ({
        path,
        line,
        message: `${name} is not in the README: add a row to its table of variables`,
      }));
    });
}

/** Apache-2.0, whole, and every package says so. */
export function licence(files: RepositoryFile[]): Fault[] {
  const text = files.find(({ path }) => path === 'LICENSE')?.text ?? '';
  const whole = ['Apache License', 'Version 2.0, January 2004', 'END OF TERMS AND CONDITIONS'];
  const missing = whole
    .filter((part) => !text.includes(part))
    .map((part) => ({ path: 'LICENSE', line: 1, message: `"${part}" is missing: put the whole Apache-2.0 text here` }));
  const silent = files
    .filter(({ path }) => /(^|\/)package\.json$/.test(path))
    .filter((file) => !file.text.includes('"license": "Apache-2.0"'))
    .map(({ path }) => ({ path, line: 1, message: 'says no licence: add "license": "Apache-2.0"' }));
  return [...missing, ...silent];
}
