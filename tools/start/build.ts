import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { readIfThere } from '@kontor/postgres/read-if-there';
import { inUse, readied } from '../clone.mjs';
import type { Progress } from './progress.ts';
import { ROOT } from './settings.ts';
import { StartFault } from './start-fault.ts';

/** What the build reads. */
const SOURCES = [
  'apps/*/{src,migrations}/**/*',
  'libs/*/{src,proto}/**/*',
  '{apps,libs}/*/*.{json,yaml}',
  'package-lock.json',
  'nx.json',
  '.swcrc',
  'tsconfig.base.json',
];
/** What the build leaves. */
const BUILT = ['{apps,libs}/*/{dist,gen}/**/*'];
/** Digests of the sources and of what was built from them, which somebody else may have built anew. */
const STAMP = join(ROOT, 'node_modules', '.cache', 'kontor', 'built-from');
const TAIL_LINES = 20;

type Told = Pick<Progress, 'step' | 'note' | 'say'>;

/** For a program without a log: what is done, beside its own output, and what the build said only where it fails. */
const BESIDE: Told = {
  step: (title, work) => {
    console.error(`• ${title} …`);
    return work(() => undefined);
  },
  note: () => undefined,
  say: (line) => console.error(line),
};

/**
 * Generates and builds what the services need, unless this was built from these very sources; from then on nobody
 * builds or installs anything beneath this process. Throws StartFault where that would happen beneath another.
 */
export async function ensureBuilt(progress = BESIDE, signal = new AbortController().signal): Promise<void> {
  const use = await readied(ROOT, {
    isReady: () => readIfThere(STAMP) === stampOf(digestOf(SOURCES)),
    makeReady: (lock: number) => buildAndStamp(progress, signal, lock),
    say: progress.say,
    signal,
  });
  if (!use) throw new StartFault(...inUse(ROOT));
}

async function buildAndStamp(progress: Told, signal: AbortSignal, lock: number): Promise<void> {
  const sources = digestOf(SOURCES);
  rmSync(STAMP, { force: true });
  await progress.step('building', (detail) => build(progress, detail, signal, lock));
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, stampOf(sources));
}

const stampOf = (sources: string): string => `${sources} ${digestOf(BUILT)}`;

/** SHA-256 over names and contents of all files that match, tests aside. */
function digestOf(patterns: string[]): string {
  const files = globSync(patterns, { cwd: ROOT, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** The build ends when we do, however that is; until it has, it holds the lock. */
async function build({ note }: Told, detail: (text: string) => void, signal: AbortSignal, lock: number): Promise<void> {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'nx', 'run-many', '-t', 'build'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe', lock],
    signal,
  });
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    createInterface(stream).on('line', (line) => {
      note(`  ${line}`);
      if (line.trim() === '') return;
      tail.push(line);
      detail(line.trim());
      if (tail.length > TAIL_LINES) tail.shift();
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return;
  throw new StartFault(`The build failed:\n${tail.join('\n')}\n`, 'Mend what it names, or fetch the sources anew.');
}
