import { describe, expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { eventually } from '@kontor/testing/eventually';
import { startCluster, stopCluster, type ClusterOptions } from './cluster.ts';
import { asAdmin } from './ensure-database.ts';
import { freePort } from './free-port.ts';

describe('a PostgreSQL cluster', () => {
  it('is made on the first start and keeps its data over a stop', async () => {
    await using place = setup();
    const first = await place.start();
    await sql(first.adminUrl, `CREATE TABLE kept AS SELECT 42 AS answer`);
    await stopCluster(first);
    await first.exited;

    const second = await place.start();
    expect(await sql(second.adminUrl, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  it('commits to disk unless a test suite asks it not to', async () => {
    await using place = setup();
    const settings = `SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) AS is FROM pg_settings
      WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums')`;
    expect(await sql((await place.start({ durability: 'full' })).adminUrl, settings)).toEqual([
      { is: 'data_checksums=on fsync=on full_page_writes=on synchronous_commit=on' },
    ]);
    expect(await sql((await place.start({ durability: 'none' })).adminUrl, settings)).toEqual([
      { is: 'data_checksums=on fsync=off full_page_writes=off synchronous_commit=off' },
    ]);
  });

  it('lets nobody in without the password, which others cannot read', async () => {
    await using place = setup();
    const { port } = await place.start();
    await expect(sql(`postgres://postgres:wrong@127.0.0.1:${port}/postgres`, 'SELECT 1')).rejects.toThrow(
      'password authentication failed',
    );
    expect(statSync(join(place.directory, 'superuser.password')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(place.directory, 'data', 'pg_hba.conf'), 'utf8')).not.toMatch(/^[^#]*trust/m);
  });

  it('does not run as root, even where only root may enter the folders above it', async () => {
    await using place = setup();
    chmodSync(place.folder, 0o700);
    const { pid, adminUrl } = await place.start();
    expect(Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])).not.toBe(0);
    expect(await sql(adminUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('left running by a starter that was killed is stopped and started again', async () => {
    await using place = setup();
    const first = await place.start();
    const second = await place.start();
    await first.exited;
    expect(second.pid).not.toBe(first.pid);
    expect(await sql(second.adminUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('recovers what was committed when it is killed amid connections at work', async () => {
    await using place = setup();
    const first = await place.start({ durability: 'full' });
    await sql(first.adminUrl, 'CREATE TABLE kept (n int)');
    const busy = Array.from({ length: 8 }, () => writeForever(first.adminUrl));
    await sql(first.adminUrl, 'INSERT INTO kept VALUES (-1)');
    process.kill(first.pid, 'SIGKILL');

    const second = await place.start();
    await Promise.all(busy);
    expect(await sql(second.adminUrl, 'SELECT n FROM kept WHERE n < 0')).toEqual([{ n: -1 }]);
  });

  it('whose first start was killed, at whatever moment, is complete after the next', async () => {
    await using place = setup();
    for (const moment of [50, 150, 300, 500]) {
      const starter = spawn(process.execPath, [
        '-e',
        `
        import(${JSON.stringify(new URL('cluster.ts', import.meta.url).href)}).then(({ startCluster }) =>
          startCluster({ directory: '${place.directory}', port: 0, logFile: '${place.directory}.log' }))`,
      ]);
      await sleep(moment);
      starter.kill('SIGKILL');
    }
    const { adminUrl } = await place.start();
    expect(await sql(adminUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    // The initdb of a killed start may still run and write for a moment; the start after it has ended sweeps all.
    await eventually('nothing is left of the killed starts', async () => {
      await place.start();
      return readdirSync(place.folder).every((name) => !name.includes('.new-'));
    });
  });

  it('starts although the number of its killed process now belongs to another program', async () => {
    await using place = setup();
    const first = await place.start();
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    const pidFile = join(place.directory, 'data', 'postmaster.pid');
    writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(String(first.pid), String(process.ppid)));
    await place.start();
  });

  it('says which help there is when its port is taken', async () => {
    await using place = setup();
    const port = await freePort();
    const squatter = createServer().listen(port, '127.0.0.1');
    await expect(place.start({ port })).rejects.toMatchObject({
      message: 'Another program listens on the port of PostgreSQL.',
      help: 'Stop it, or choose another port.',
    });
    await new Promise((closed) => squatter.close(closed));
    await place.start({ port });
  });

  it('says which help there is when its data are of another version', async () => {
    await using place = setup();
    await stopCluster(await place.start());
    writeFileSync(join(place.directory, 'data', 'PG_VERSION'), '15\n');
    await expect(place.start()).rejects.toMatchObject({ message: expect.stringContaining('another version') });
  });

  it('says which help there is when its folder cannot be made', async () => {
    await using place = setup();
    writeFileSync(join(place.folder, 'file'), '');
    await expect(place.start({ directory: join(place.folder, 'file', 'postgres') })).rejects.toMatchObject({
      help: expect.stringContaining('can write'),
    });
  });

  (mayMount() ? it : it.skip)('says which help there is when its disk is full', async () => {
    await using place = setup();
    using disk = mountDisk(join(place.folder, 'disk'), '20m');
    await expect(place.start({ directory: join(disk.folder, 'postgres') })).rejects.toMatchObject({
      message: 'The disk of PostgreSQL is full.',
    });
  });
});

const sql = (url: string, text: string) => asAdmin(url, async (admin) => (await admin.query(text)).rows as unknown[]);

async function writeForever(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  const isConnected = await client.connect().then(
    () => true,
    () => false,
  );
  for (let n = 1; isConnected; n++) {
    const written = await client.query('INSERT INTO kept VALUES ($1)', [n]).catch(() => undefined);
    if (!written) return;
  }
}

/** A disk of its own, and small, in a new folder; it is gone at the end. */
function mountDisk(folder: string, size: string) {
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' });
  return { folder, [Symbol.dispose]: () => execFileSync('umount', [folder]) };
}

/** Whether this user may mount disks here, which containers often forbid. */
function mayMount(): boolean {
  const parent = mkdtempSync(join(tmpdir(), 'kontor-mount-'));
  try {
    mountDisk(join(parent, 'disk'), '1m')[Symbol.dispose]();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(parent, { recursive: true });
  }
}

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-cluster-'));
  chmodSync(folder, 0o755);
  const directory = join(folder, 'postgres');
  return {
    folder,
    directory,
    start: (options: Partial<ClusterOptions> = {}) =>
      startCluster({ directory, port: 0, logFile: join(folder, 'postgres.log'), durability: 'none', ...options }),
    async [Symbol.asyncDispose]() {
      await stopCluster({ directory });
      rmSync(folder, { recursive: true });
    },
  };
}
