// The part of `npm run setup:engines` that installs a Keycloak server. Like it, this runs on any Node from 20.19 on.
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Help, quietly, root, step } from './bootstrap.mjs';

/** Runs on Java 17, which Debian 12 has. To take another version, change both lines. */
const VERSION = '26.7.3';
const SHA256 = '77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47';

const ARCHIVE = `org/keycloak/keycloak-quarkus-dist/${VERSION}/keycloak-quarkus-dist-${VERSION}.tar.gz`;
const CENTRAL = 'https://repo.maven.apache.org/maven2';

/**
 * Installs the server in `.engines/keycloak`, or under `KONTOR_ENGINES`, unless this very version is there. One that
 * `KONTOR_KEYCLOAK` names belongs to somebody else and is left alone. Throws Help where it cannot be had.
 */
export async function ensureKeycloak(env = process.env) {
  const folder = join(resolve(root, env.KONTOR_ENGINES || '.engines'), 'keycloak');
  if (env.KONTOR_KEYCLOAK) return checkForeign(env.KONTOR_KEYCLOAK);
  if (isReady(folder)) return console.log(PRESENT);
  const settings = join(homedir(), '.m2', 'settings.xml');
  const repository = repositoryFrom(env, existsSync(settings) ? readFileSync(settings, 'utf8') : '');
  const archive = `${folder}.tar.gz`;
  mkdirSync(dirname(folder), { recursive: true });
  try {
    await step(`fetching Keycloak ${VERSION} (170 MB)`, () => fetchArchive(`${repository}/${ARCHIVE}`, archive));
    await step('unpacking Keycloak', () => unpack(archive, folder));
    await step('building Keycloak once, so that it starts sooner', () => build(folder));
  } finally {
    rmSync(archive, { force: true });
  }
}

/**
 * Where to fetch from: `KONTOR_MAVEN_REPOSITORY`, else the mirror of Maven Central that the settings of Maven name,
 * else Maven Central.
 */
export function repositoryFrom(env, settings) {
  if (env.KONTOR_MAVEN_REPOSITORY) return env.KONTOR_MAVEN_REPOSITORY.replace(/\/$/, '');
  const mirrors = [...settings.replace(/<!--[\s\S]*?-->/g, '').matchAll(/<mirror>([\s\S]*?)<\/mirror>/g)];
  const inside = (mirror, tag) => new RegExp(`<${tag}>\\s*([^<]*?)\\s*</${tag}>`).exec(mirror)?.[1];
  const ofCentral = mirrors
    .map(([, mirror]) => ({ of: inside(mirror, 'mirrorOf')?.split(',') ?? [], url: inside(mirror, 'url') }))
    .find(
      ({ of }) => !of.includes('!central') && of.some((name) => ['*', 'central', 'external:*'].includes(name.trim())),
    );
  return (ofCentral?.url ?? CENTRAL).replace(/\/$/, '');
}

const PRESENT = '✓ keycloak is there (the identity suite)';

function checkForeign(folder) {
  if (existsSync(join(folder, 'lib', 'quarkus-run.jar'))) return console.log(PRESENT);
  throw new Help(`KONTOR_KEYCLOAK names ${folder}, where no Keycloak server is: correct it, or unset it to fetch one.`);
}

/** Whether this very version is there and was built to its end. */
const isReady = (folder) =>
  existsSync(join(folder, 'ready')) && readFileSync(join(folder, 'ready'), 'utf8') === VERSION;

async function fetchArchive(url, file) {
  const published = (await (await get(`${url}.sha256`)).text()).trim().slice(0, 64);
  const response = await get(url);
  const hash = createHash('sha256');
  const watch = new Transform({
    transform(chunk, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(response.body), watch, createWriteStream(file)).catch((cause) => {
    throw new Help(`The download from ${url} broke off: ${cause.message}. Run this again.`);
  });
  const found = hash.digest('hex');
  if (found !== published) throw new Help(`The download from ${url} was damaged on its way. Run this again.`);
  if (found !== SHA256) {
    throw new Help(`${url} is not the file that Kontor was tested with (its SHA-256 is ${found}): do not use it.`);
  }
}

async function get(url) {
  const response = await fetch(url).catch((cause) => {
    throw new Help(`${url} cannot be reached (${cause.cause?.code ?? cause.message}). ${elsewhere}`);
  });
  if (!response.ok) throw new Help(`${url} answered ${response.status}. ${elsewhere}`);
  return response;
}

const elsewhere =
  'Name another Maven repository in KONTOR_MAVEN_REPOSITORY, or an installed Keycloak server in KONTOR_KEYCLOAK.';

async function unpack(archive, folder) {
  const growing = `${folder}.new`;
  for (const old of [growing, folder]) rmSync(old, { recursive: true, force: true });
  mkdirSync(growing);
  await successful('tar', ['-xzf', archive, '--strip-components=1', '-C', growing]);
  renameSync(growing, folder);
}

/** Without this every start would take a minute more, to find out anew which parts are used. */
async function build(folder) {
  await successful(join(folder, 'bin', 'kc.sh'), ['build', '--db=dev-mem']);
  writeFileSync(join(folder, 'ready'), VERSION);
}

async function successful(command, args) {
  const { code, output } = await quietly(command, args, process.env);
  if (code !== 0) throw new Help(`${command} failed:\n${output.trim().split('\n').slice(-10).join('\n')}`);
}
