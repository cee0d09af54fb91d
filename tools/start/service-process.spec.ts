import { describe, expect, it } from '@jest/globals';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@kontor/postgres/free-port';
import { eventually } from '@kontor/testing/eventually';
import { isRunning } from '@kontor/postgres/is-running';
import { readIfThere } from '@kontor/postgres/read-if-there';
import { startService, stopLeftover, type ServiceProcessOptions } from './service-process.ts';

const SERVES = `require('http').createServer((_, answer) => answer.end()).listen(process.env.PORT, '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));`;
const DEAF = SERVES.replace('process.exit(0)', '0');

describe('the process of a service', () => {
  it('has started when it serves, and stops when it is asked to', async () => {
    await using place = await setup(SERVES);
    const service = await place.start();
    expect(await place.options.isServing()).toBe(true);
    expect(isRunning(place.pid())).toBe(true);
    await service.stop(5_000);
    expect(await service.ended).toBe('exit code 0');
    expect(existsSync(place.options.pidFile)).toBe(false);
  });

  it('that does not stop when asked is stopped by force', async () => {
    await using place = await setup(DEAF);
    const service = await place.start();
    await service.stop(200);
    expect(await service.ended).toBe('SIGKILL');
  });

  it('is not touched by a Ctrl-C that is meant for its starter', async () => {
    await using place = await setup(SERVES);
    await place.start();
    const group = readFileSync(`/proc/${place.pid()}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[2];
    expect(Number(group)).toBe(place.pid());
  });

  it('that ends before it serves is told by its own last words', async () => {
    const fatal = { level: 60, name: 'quota', msg: 'KONTOR_LISTEN is not set.' };
    await using place = await setup(
      `console.log(${JSON.stringify(JSON.stringify(fatal))}); console.log('bye'); process.exit(2)`,
    );
    await expect(place.start()).rejects.toMatchObject({
      message: 'quota ended at once (exit code 2): KONTOR_LISTEN is not set.',
      help: `Its log is ${place.options.logFile}.`,
    });
  });

  it('is not started at all when everything is over before it serves', async () => {
    await using place = await setup('setInterval(() => 0, 1e6)');
    const over = new AbortController();
    const starting = place.start(over.signal);
    await eventually('it runs', () => isRunning(place.pid()));
    const pid = place.pid();
    over.abort();
    await expect(starting).rejects.toThrow('aborted');
    expect(isRunning(pid)).toBe(false);
  });

  it('does not stay where it cannot be written down which process it is', async () => {
    await using place = await setup(SERVES);
    await expect(place.start(undefined, '/nowhere/quota.pid')).rejects.toThrow('ENOENT');
    expect(await place.options.isServing()).toBe(false);
    const commands = readdirSync('/proc').map((pid) => readIfThere(`/proc/${pid}/cmdline`));
    expect(commands.filter((command) => command.includes(place.options.program))).toEqual([]);
  });

  it('that a killed starter left behind is stopped by the next one', async () => {
    await using place = await setup(SERVES);
    const service = await place.start();
    await stopLeftover(place.leftover, 5_000);
    expect(await service.ended).toBe('exit code 0');
    await stopLeftover(place.leftover, 5_000);
  });

  it('is stopped by the next one too where its starter was killed before it had written it down', async () => {
    await using place = await setup(SERVES);
    const service = await place.start();
    rmSync(place.options.pidFile);
    await stopLeftover({ ...place.leftover, home: '/elsewhere' }, 5_000);
    expect(await place.options.isServing()).toBe(true);
    await stopLeftover(place.leftover, 5_000);
    expect(await service.ended).toBe('exit code 0');
  });

  it('is not mistaken for another program that has its number now', async () => {
    await using place = await setup(SERVES);
    writeFileSync(
      place.options.pidFile,
      `${process.ppid} 1 ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`,
    );
    await stopLeftover(place.leftover, 5_000);
    expect(isRunning(process.ppid)).toBe(true);
  });

  it('adds to its log, until that is large', async () => {
    await using place = await setup(`console.log('hello'); ${SERVES}`);
    const { logFile } = place.options;
    for (let start = 0; start < 2; start++) await (await place.start()).stop(5_000);
    expect(readFileSync(logFile, 'utf8')).toBe('hello\nhello\n');
    truncateSync(logFile, 65 * 2 ** 20);
    await place.start();
    expect(statSync(logFile).size).toBeLessThan(100);
    expect(statSync(`${logFile}.1`).size).toBe(65 * 2 ** 20);
  });
});

async function setup(source: string) {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-service-'));
  const port = await freePort();
  const options: ServiceProcessOptions = {
    name: 'quota',
    program: join(folder, 'main.cjs'),
    env: { PORT: String(port), NODE_OPTIONS: '', KONTOR_HOME: folder },
    logFile: join(folder, 'quota.log'),
    pidFile: join(folder, 'quota.pid'),
    isServing: () =>
      fetch(`http://127.0.0.1:${port}`).then(
        ({ ok }) => ok,
        () => false,
      ),
  };
  writeFileSync(options.program, source);
  const leftover = { ...options, home: folder };
  return {
    options,
    leftover,
    start: (signal = new AbortController().signal, pidFile = options.pidFile) =>
      startService({ ...options, pidFile }, signal),
    pid: () => Number(readFileSync(options.pidFile, 'utf8').split(' ')[0]),
    async [Symbol.asyncDispose]() {
      await stopLeftover(leftover, 0);
      rmSync(folder, { recursive: true });
    },
  };
}
