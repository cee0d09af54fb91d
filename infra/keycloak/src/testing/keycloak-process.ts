import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, copyFileSync, mkdirSync, openSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DEMO_USERS_FILE, REALM_FILE, type RealmValues } from '../realm-folder.ts';

const STARTS_WITHIN_MS = 180_000;
const STOPS_WITHIN_MS = 10_000;

/** What Keycloak's own script gives to Java, but for a compiler that starts sooner. */
const JAVA = [
  '-Xms64m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  ...['util', 'util.concurrent', 'security', 'lang'].map((part) => `--add-opens=java.base/java.${part}=ALL-UNNAMED`),
  '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
  '-Dkc.config.built=true',
];

export interface KeycloakProcessOptions {
  /** Where Keycloak is installed. */
  installed: string;
  /** Folder for what this one server writes. */
  home: string;
  port: number;
  values: RealmValues;
  admin: { username: string; password: string };
}

export interface KeycloakProcess {
  origin: string;
  stop(): Promise<void>;
}

/**
 * Starts a Keycloak server on loopback whose data live in memory, with the realm and the demo users imported from their
 * files as they are. Throws with the end of its log where it does not start.
 */
export async function startKeycloakProcess(options: KeycloakProcessOptions): Promise<KeycloakProcess> {
  const { installed, home, port } = options;
  prepare(installed, home);
  const origin = `http://127.0.0.1:${port}`;
  const logFile = join(home, 'log');
  const log = openSync(logFile, 'w');
  const args = [...JAVA, `-Dkc.home.dir=${home}`, `-Djboss.server.config.dir=${join(home, 'conf')}`];
  const child = spawn('java', [...args, ...serverArguments(installed, origin, port)], {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...environment(options) },
  });
  closeSync(log);
  const stop = () => end(child);
  try {
    await untilServing(`${origin}/realms/kontor`, child);
  } catch (cause) {
    await stop();
    throw new Error(`Keycloak did not start:\n${readFileSync(logFile, 'utf8').slice(-3000)}`, { cause });
  }
  return { origin, stop };
}

/** A home of its own that shares what is installed, so that several servers can run at once. */
function prepare(installed: string, home: string): void {
  const imports = join(home, 'data', 'import');
  mkdirSync(imports, { recursive: true });
  for (const part of ['lib', 'conf', 'providers', 'themes']) symlinkSync(join(installed, part), join(home, part));
  copyFileSync(REALM_FILE, join(imports, 'kontor-realm.json'));
  copyFileSync(DEMO_USERS_FILE, join(imports, 'kontor-users-0.json'));
}

const serverArguments = (installed: string, origin: string, port: number) => [
  '-cp',
  join(installed, 'lib', 'quarkus-run.jar'),
  'io.quarkus.bootstrap.runner.QuarkusEntryPoint',
  'start',
  '--optimized',
  '--import-realm',
  '--cache=local',
  '--http-enabled=true',
  '--http-host=127.0.0.1',
  `--http-port=${port}`,
  `--hostname=${origin}`,
];

const environment = ({ values, admin }: KeycloakProcessOptions) => ({
  ...values,
  KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
  KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
});

async function untilServing(url: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + STARTS_WITHIN_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}.`);
    const serves = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (serves) return;
    await delay(250);
  }
  throw new Error(`It did not serve within ${STARTS_WITHIN_MS} ms.`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const cut = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
  await ended;
  clearTimeout(cut);
}
