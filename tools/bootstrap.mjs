/**
 * What `npm start` and `npm test` share. It runs on any Node ≥ 20.19, before a single package is installed,
 * so it is plain JavaScript and imports nothing but such and Node itself.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inUse, readied } from './clone.mjs';
import { glibcVersion, isOnPath, machineFault } from './start/machine.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const oldestNode = [20, 19];
const stillRunningEvery_ms = 15_000;

/** A fault the reader can mend: printed as one sentence, without a stack. */
export class Help extends Error {}

/** Refuses a Node too old to install the packages. `version` is like `v20.19.0`. */
export function checkNode(version = process.version) {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  throw new Help(`Kontor needs Node ${oldestNode.join('.')} or newer, and this is ${version}: install a newer one.`);
}

/** Refuses a machine on which nothing of Kontor would run. */
export function checkMachine() {
  const fault = machineFault(process.platform, glibcVersion(), isOnPath);
  if (fault) throw new Help(fault);
}

/**
 * Does what is installed agree with what is locked?
 * Both are parsed lock files; `installed` is the one npm leaves in node_modules when it has finished, so an
 * installation that was killed halfway does not agree. Optional packages are for other machines and may be absent.
 */
export function agrees(locked, installed) {
  return Object.entries(locked.packages).every(([path, wanted]) => {
    if (path === '' || wanted.optional || wanted.extraneous) return true;
    const found = installed.packages[path];
    return found?.version === wanted.version && (!wanted.link || found?.resolved === wanted.resolved);
  });
}

/** Whatever the environment leaves out: building needs the tools, and PostgreSQL is an optional package. */
const INSTALL = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];

/** Installs the locked packages where they are missing or stale. Needs the network only then. */
export async function ensurePackages() {
  const locked = lockIn('package-lock.json');
  if (!locked) throw new Help(`package-lock.json is missing or damaged in ${root}: restore it with git checkout.`);
  const use = await readied(root, {
    isReady: () => agrees(locked, lockIn('node_modules/.package-lock.json') ?? { packages: {} }),
    makeReady: (lock) => step('installing packages (once; about 700 MB)', () => install(lock)),
    say: console.log,
  });
  if (!use) throw new Help(inUse(root).join(' '));
  use.release();
  if (!existsSync(join(nodeFolder, 'node'))) {
    throw new Help(
      'The npm package `node` did not install its program: allow install scripts ' +
        '(npm config set ignore-scripts false), delete node_modules and run this again.',
    );
  }
}

/** Until it has ended, it holds the lock, whatever becomes of us. */
async function install(lock) {
  const { code, output } = await quietly('npm', INSTALL, process.env, lock);
  if (code !== 0) throw new Help(whyInstallFailed(output));
}

const nodeFolder = join(root, 'node_modules', 'node', 'bin');

/** A parsed lock file, or nothing where it is missing or was cut off while it was written. */
function lockIn(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch {
    return undefined;
  }
}

/** The environment in which everything of ours runs: Node 24 and the installed tools first on the path. */
export function environment(extra = {}) {
  const path = [nodeFolder, join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  return { ...process.env, NX_DAEMON: 'false', DO_NOT_TRACK: '1', ...extra, PATH: path };
}

/** What to do about a failed `npm ci`, from what it printed. */
export function whyInstallFailed(output) {
  const cases = [
    [/ENOSPC/, 'The disk is full: installing needs about 1 GB. Free some space and run this again.'],
    [/EACCES|EPERM|EROFS/, `No permission to write in ${root}: give this user the folder, or clone it somewhere else.`],
    [
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/,
      'The package registry cannot be reached: the first run needs the network, later ones do not.',
    ],
    [/EUSAGE|in sync/, 'package.json and package-lock.json disagree: run `npm install` and look at what it changed.'],
    [/EINTEGRITY/, 'A downloaded package is not the locked one: run `npm cache clean --force` and run this again.'],
  ];
  const [, help] = cases.find(([sign]) => sign.test(output)) ?? [null, 'Installing the packages failed:'];
  const said = output
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('npm error'))
    .slice(0, 12);
  return [help, ...said].join('\n');
}

/** Runs `work` under a title, shows that it is alive, and says how long it took. */
export async function step(title, work) {
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  console.log(`• ${title} …`);
  const alive = setInterval(() => console.log(`  still ${title}, ${seconds()}`), stillRunningEvery_ms);
  try {
    const result = await work();
    console.log(`✓ ${title}, ${seconds()}`);
    return result;
  } catch (error) {
    console.log(`✗ ${title}, ${seconds()}`);
    throw error;
  } finally {
    clearInterval(alive);
  }
}

/** Runs a program to its end and keeps what it printed. It may be given a file that we have open. */
export function quietly(command, args, env = environment(), descriptor = 'ignore') {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe', descriptor] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Goes on under Node 24 with a script of ours, on this terminal, and ends as it ends.
 * Signals are passed on; Ctrl-C reaches the script twice, because the terminal sends it to both.
 */
export function continueWith(script, args = process.argv.slice(2)) {
  return new Promise((resolve, reject) => {
    const options = { cwd: root, env: environment(), stdio: 'inherit' };
    const child = spawn(join(nodeFolder, 'node'), [join(root, script), ...args], options);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('close', (code) => {
      process.exitCode = code ?? 1;
      resolve();
    });
  });
}

/** Runs `main` and turns a `Help` into one sentence and exit code 1. */
export async function run(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Help)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}
