import { isTest, type Fault, type RepositoryFile } from './repository.ts';

/** A word that must not stand in a line, and what stands there instead. */
interface Ban {
  /** Written so that this file does not contain the word itself. */
  word: RegExp;
  instead: string;
  /** Paths it applies to. */
  within: RegExp;
  exceptTests?: true;
  /** A line, or the one above it, that says this lifts the ban. */
  unless?: RegExp;
}

const anyText = /^(?!package-lock\.json$)/;
const anyCode = /\.(ts|mts|mjs|js)$/;
const product = /^(apps|libs)\/.*\.(ts|mts|mjs)$/;
const timed = /^(apps\/[^/]+\/src|libs\/ledger)\/.*\.ts$/;

export const bans: Ban[] = [
  { word: /\bforward[R]ef\b/, instead: 'move what both need down into a function', within: anyCode },
  { word: /\bsynchronize: ?tru[e]/, instead: 'write a migration', within: anyCode },
  { word: /\bas unknown a[s]\b/, instead: 'make the types agree, or check at run time', within: anyCode },
  { word: /eslint-disabl[e]/, instead: 'mend what the lint found', within: anyCode },
  { word: /@ts-(ignor[e]|nochec[k]|expect-erro[r])/, instead: 'make the types agree', within: anyCode },
  { word: /\.(ski[p]|tod[o]|onl[y])\(|\bx(i[t]|describ[e])\(/, instead: 'let it run, or delete it', within: anyCode },
  { word: /\b(TOD[O]|FIXM[E]|XX[X])\b/, instead: 'do it, or open an issue', within: anyText },
  {
    word: /\bnew Dat[e]\(\)|\bDate\.no[w]\(\)/,
    instead: 'take the time from the injected Clock, or say why this must be the wall clock',
    within: timed,
    exceptTests: true,
    unless: /(extends|implements) Clock\b|wall clock/,
  },
  { word: /\bconsole\.lo[g]\(/, instead: 'use logger(name) of the kit', within: product, exceptTests: true },
  { word: /\b0\.0\.0\.[0]\b/, instead: 'listen where the configuration says', within: anyCode, exceptTests: true },
  {
    word: /\bMath\.rando[m]\(/,
    instead: 'use node:crypto; where it is jitter, say so in a comment',
    within: product,
    exceptTests: true,
    unless: /jitter/i,
  },
  {
    word: /(?<![\w.}])\/(wor[k]|tm[p]|roo[t]|hom[e]\/\w+)\//,
    instead: 'use a relative path, or os.tmpdir()',
    within: anyText,
    exceptTests: true,
  },
  {
    word: /\b(co-authored-b[y]|(as|by) an? (A[I]|LL[M])|A[I]-generated|(last|next|previous) sessio[n]|workplac[e])\b/i,
    instead: 'say what is, not how it came to be',
    within: anyText,
  },
];

/** Banned words and calls, each with its replacement. */
export function bannedWords(files: RepositoryFile[]): Fault[] {
  return files.flatMap((file) => {
    const inForce = bans.filter((ban) => ban.within.test(file.path) && !(ban.exceptTests && isTest(file)));
    const lines = file.text.split('\n');
    return lines.flatMap((line, index) =>
      inForce
        .filter((ban) => ban.word.test(line) && !ban.unless?.test(`${lines[index - 1] ?? ''}\n${line}`))
        .map((ban) => ({ path: file.path, line: index + 1, message: `${ban.word.exec(line)?.[0]}: ${ban.instead}` })),
    );
  });
}
