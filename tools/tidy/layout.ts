import { isCode, isTest, type Fault, type RepositoryFile } from './repository.ts';

const emptyNames = /(^|\/)(shared|common|utils?|helpers?|core|types|interfaces)\//;
const longestLine = 120;
const longestFile = 400;
const median = { of: 0.5, lines: 60 };
const p95 = { of: 0.95, lines: 200 };
const leastTestShare = 0.8;

const lineCount = (file: RepositoryFile) => file.text.trimEnd().split('\n').length;
const isSource = (file: RepositoryFile) =>
  /^(apps|libs|infra|tools)\//.test(file.path) && isCode(file) && !isTest(file);

/** A folder says what is in it. */
export function foldersWithoutMeaning(files: RepositoryFile[]): Fault[] {
  return files.flatMap(({ path }) => {
    const name = emptyNames.exec(path)?.[2];
    return name ? [{ path, line: 1, message: `a folder named ${name} says nothing: name the concept` }] : [];
  });
}

/** A file that only passes on other files hides where things live, and makes cycles. */
export function barrels(files: RepositoryFile[]): Fault[] {
  const passesOn = /^export\s+(\*|\{[^}]*\}|type\s+\{[^}]*\})(\s+as\s+\w+)?\s+from\s/m;
  return files
    .filter((file) => isCode(file) && /\/index\.\w+$/.test(file.path) && passesOn.test(file.text))
    .map(({ path }) => ({ path, line: 1, message: 'a barrel: import from the file that has it' }));
}

/** Lines that fit on a screen beside another file. Data files and tables in documents may be wider. */
export function longLines(files: RepositoryFile[]): Fault[] {
  return files
    .filter(({ path }) => /\.(ts|mts|mjs|js|proto|sh|sql|ya?ml)$/.test(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          line.length <= longestLine
            ? []
            : [{ path, line: index + 1, message: `${line.length} characters: break the line at ${longestLine}` }],
        ),
    );
}

/** No file a reader cannot hold in mind. */
export function longFiles(files: RepositoryFile[]): Fault[] {
  return files
    .filter(isCode)
    .filter((file) => lineCount(file) > longestFile)
    .map((file) => ({ path: file.path, line: longestFile, message: `${lineCount(file)} lines: split the file` }));
}

/** The texture of the sources: how long the median file and the 95th of a hundred are, and how much test there is. */
export function texture(files: RepositoryFile[]) {
  const sources = files
    .filter(isSource)
    .map(lineCount)
    .sort((a, b) => a - b);
  const at = (share: number) => sources[Math.min(sources.length - 1, Math.floor(share * sources.length))] ?? 0;
  const sum = (counts: number[]) => counts.reduce((total, lines) => total + lines, 0);
  const sourceLines = sum(sources);
  const testLines = sum(files.filter((file) => isTest(file) && isCode(file)).map(lineCount));
  return { files: sources.length, median: at(median.of), p95: at(p95.of), sourceLines, testLines };
}

/** The texture, held to its budget. */
export function coarseTexture(files: RepositoryFile[]): Fault[] {
  const now = texture(files);
  return [
    now.median > median.lines && `the median source file has ${now.median} lines: split files, to ${median.lines}`,
    now.p95 > p95.lines && `the 95th percentile of source files has ${now.p95} lines: split files, to ${p95.lines}`,
    now.testLines < leastTestShare * now.sourceLines &&
      `${now.testLines} lines of test to ${now.sourceLines} of source: write tests, to ${leastTestShare} of it`,
  ]
    .filter((message) => message !== false)
    .map((message) => ({ path: '.', line: 1, message }));
}
