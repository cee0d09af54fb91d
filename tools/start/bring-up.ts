import { join } from 'node:path';
import { stopCluster } from '@kontor/postgres/cluster';
import type { DatabaseUrls } from '@kontor/postgres/ensure-database';
import { ensureCertificate } from '@kontor/tls/certificate';
import { clusterFolder, ensureDatabases, startDatabase } from './database.ts';
import { isServing, STARTER } from './health.ts';
import { keep } from './keep.ts';
import { migrateService } from './migrations.ts';
import type { Progress } from './progress.ts';
import { startService, stopLeftover, type ServiceProcessOptions } from './service-process.ts';
import { environmentOf, programOf, SERVICES, type Service } from './services.ts';
import type { StartSettings } from './settings.ts';

/** What everything that starts shares. */
export interface Start {
  settings: StartSettings;
  progress: Progress;
  /** Aborted by Ctrl-C and its like. */
  signal: AbortSignal;
  /** What has to be ended, last begun first. */
  parts: AsyncDisposableStack;
}

const STOP_SERVICES_MS = 11_000;
const STOP_DATABASE_MS = 3_000;

/** Stops what a starter that was killed left running in this folder. Jobs run on: compute adopts them. */
export async function stopLeftovers({ home }: StartSettings): Promise<void> {
  await Promise.all(
    SERVICES.map((service) => {
      const leftover = { program: programOf(service), home, pidFile: pidFile(home, service.name) };
      return stopLeftover(leftover, STOP_SERVICES_MS);
    }),
  );
  await stopCluster({ directory: clusterFolder(home) });
}

/** Certificates of the services and of this program, of an authority of this operator's own. */
export async function ensureKeys({ home }: StartSettings): Promise<void> {
  for (const name of [STARTER, ...SERVICES.map((service) => service.name)])
    await ensureCertificate(join(home, 'tls'), name);
}

/** PostgreSQL, kept alive. Answers how to connect as its superuser. */
export async function bringUpPostgres({ settings, progress, signal, parts }: Start): Promise<string> {
  let adminUrl = '';
  const start = async () => {
    const cluster = await startDatabase(settings);
    ({ adminUrl } = cluster);
    return cluster;
  };
  const kept = await progress.step('PostgreSQL', () => keep('PostgreSQL', start, signal, progress));
  parts.defer(() => kept.stop(STOP_DATABASE_MS));
  return adminUrl;
}

/** A migrated database for each service that has one. */
export async function bringUpDatabases(
  { settings, progress }: Start,
  adminUrl: string,
): Promise<Map<string, DatabaseUrls>> {
  return progress.step('databases', async (detail) => {
    const urls = await ensureDatabases(adminUrl, settings);
    for (const [service, { ownerUrl }] of urls) {
      await migrateService(service, ownerUrl, (line) => {
        detail(`${service} ${line}`);
        progress.note(`  ${service} ${line}`);
      });
    }
    return urls;
  });
}

/**
 * The services, each kept alive. They start together, because any of them may start in any order; they stop in the
 * reverse order of their list, so that no call in flight loses whom it asked.
 */
export async function bringUpServices(
  { settings, progress, signal, parts }: Start,
  urls: Map<string, DatabaseUrls>,
): Promise<void> {
  const deadline = stopDeadline(signal);
  await progress.step('services', async (detail) => {
    const waiting = new Set(SERVICES.map(({ name }) => name));
    const started = await Promise.allSettled(
      SERVICES.map(async (service) => {
        const options = optionsOf(service, settings, urls.get(service.name)?.url);
        const kept = await keep(service.name, (stop) => startService(options, stop), signal, progress);
        waiting.delete(service.name);
        detail(`waiting for ${[...waiting].join(', ')}`);
        return kept;
      }),
    );
    for (const one of started) if (one.status === 'fulfilled') parts.defer(() => one.value.stop(deadline()));
    for (const one of started) if (one.status === 'rejected') throw one.reason;
  });
}

const optionsOf = (
  service: Service,
  settings: StartSettings,
  databaseUrl: string | undefined,
): ServiceProcessOptions => ({
  name: service.name,
  program: programOf(service),
  env: environmentOf(service, settings, databaseUrl),
  logFile: join(settings.home, 'logs', `${service.name}.log`),
  pidFile: pidFile(settings.home, service.name),
  isServing: () => isServing(service, settings),
});

/** Milliseconds that all services together have left to stop in, from the moment they are asked to. */
function stopDeadline(signal: AbortSignal): () => number {
  let end: number | undefined;
  const begin = () => (end ??= performance.now() + STOP_SERVICES_MS);
  signal.addEventListener('abort', begin);
  return () => Math.max(0, begin() - performance.now());
}

const pidFile = (home: string, name: string): string => join(home, 'run', `${name}.pid`);
