import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Progress } from './progress.ts';
import { programOf, SERVICES } from './services.ts';
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
/** Digest of the sources that what is built was built from. */
const STAMP = join(ROOT, 'node_modules', '.cache', 'kontor', 'built-from');
const TAIL_LINES = 20;

type Told = Pick<Progress, 'step' | 'note'>;

/** For a program without a log: what is done, beside its own output, and what the build said only where it fails. */
const BESIDE: Told = {
  step: (title, work) => {
    console.error(`• ${title} …`);
    return work(() => undefined);
  },
  note: () => undefined,
};

/** Generates and builds what the services need, unless it is built from these very sources. */
export async function ensureBuilt(progress = BESIDE, signal = new AbortController().signal): Promise<void> {
  const sources = digestOf(SOURCES);
  if (isBuiltFrom(sources)) return;
  rmSync(STAMP, { force: true });
  await progress.step('building', (detail) => build(progress, detail, signal));
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, sources);
}

function isBuiltFrom(sources: string): boolean {
  const outputs = [
    ...SERVICES.map(programOf),
    join(ROOT, 'libs', 'kit', 'dist'),
    join(ROOT, 'libs', 'contracts', 'gen'),
  ];
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources && outputs.every((path) => existsSync(path));
}

/** SHA-256 over names and contents of all files that match, tests aside. */
function digestOf(patterns: string[]): string {
  const files = globSync(patterns, { cwd: ROOT, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

async function build({ note }: Told, detail: (text: string) => void, signal: AbortSignal): Promise<void> {
  const child = spawn('nx', ['run-many', '-t', 'build'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], signal });
  const tail: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
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
