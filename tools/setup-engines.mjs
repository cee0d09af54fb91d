// `npm run setup:engines`: installs what some suites and benchmarks need beside the npm packages, from Debian and from
// Maven. It runs on any Node from 20.19 on. As root it installs what is missing; otherwise it says which command does.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { Help, quietly, run, step } from './bootstrap.mjs';
import { ensureKeycloak } from './setup-keycloak.mjs';
import { isOnPath } from './start/machine.mjs';

/**
 * To add one, add a line: the program that shows that it is there, what for, the packages that bring it, and, where not
 * every one will do, why one that is there does not.
 */
const ENGINES = [
  { program: 'pgbench', purpose: 'the benchmark of the ledger', packages: ['postgresql'], prepare: withoutServer },
  { program: 'java', purpose: 'Keycloak', packages: ['default-jre-headless'], fault: javaFault },
];

const OLDEST_JAVA = 17;

await run(async () => {
  for (const engine of ENGINES) await ensure(engine);
  await ensureKeycloak();
});

async function ensure(engine) {
  const { program, purpose, fault } = engine;
  if (!isOnPath(program)) await install(engine);
  const why = await fault?.();
  if (why) throw new Help(why);
  console.log(`✓ ${program} is there (${purpose})`);
}

async function install({ program, purpose, packages, prepare }) {
  const command = `apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
  if (!isOnPath('apt-get'))
    throw new Help(`${program} (${purpose}) is missing. Install it with this system's package manager.`);
  if (process.getuid() !== 0) throw new Help(`${program} (${purpose}) is missing. Run: sudo ${command}`);
  prepare?.();
  await step(`installing ${program} (${purpose})`, async () => {
    await apt(['update']);
    await apt(command.split(' ').slice(1));
  });
}

async function apt(args) {
  const keepOurs = ['-o', 'Dpkg::Options::=--force-confold'];
  const { code, output } = await quietly('apt-get', [...keepOurs, ...args], {
    ...process.env,
    DEBIAN_FRONTEND: 'noninteractive',
  });
  if (code !== 0) throw new Help(`apt-get ${args[0]} failed:\n${output.trim().split('\n').slice(-10).join('\n')}`);
}

/** A distribution may be too old to have one that Keycloak runs on. */
async function javaFault() {
  const { output } = await quietly('java', ['-version'], process.env);
  const [, version, major] = /version "((?:1\.)?(\d+)[^"]*)"/.exec(output) ?? [];
  if (Number(major) >= OLDEST_JAVA) return undefined;
  const found = version ? `is version ${version}` : 'does not say which version it is';
  return `Keycloak needs Java ${OLDEST_JAVA} or newer, and java ${found}: install a newer one, first on the path.`;
}

/** Debian's package would make and start a server of its own, which nobody here asked for. */
function withoutServer() {
  const file = '/etc/postgresql-common/createcluster.conf';
  if (existsSync(file)) return;
  mkdirSync('/etc/postgresql-common', { recursive: true });
  writeFileSync(file, 'create_main_cluster = false\n');
}
