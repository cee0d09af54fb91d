import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endpointsOf } from './token-endpoint.ts';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

describe('the process of the embedded provider', () => {
  it('says where it serves, takes a new key on SIGUSR2, and stops on SIGTERM', async () => {
    using machine = setup();
    await using run = machine.start();
    const issuer = await run.prints(/"issuer":"(.+?)".*"msg":"serving"/);
    expect(issuer).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/realms\/kontor$/);
    const { keys } = await endpointsOf(issuer);
    const published = async () => ((await (await fetch(keys)).json()) as { keys: unknown[] }).keys.length;
    expect(await published()).toBe(1);
    run.kill('SIGUSR2');
    await run.prints(/(a new key signs)/);
    expect(await published()).toBe(2);
    run.kill('SIGTERM');
    expect(await run.exited).toBe(0);
    expect(readFileSync(join(machine.folder, 'secrets', 'service-client'), 'utf8')).toHaveLength(43);
  });

  it('logs no secret', async () => {
    using machine = setup();
    await using run = machine.start();
    await run.prints(/(serving)/);
    expect(run.output()).not.toContain('secret-of-the-portal');
    expect(run.output().trim().split('\n')).toHaveLength(1);
  });

  const wrong = {
    'no address': [{ KONTOR_LISTEN: '' }, 'KONTOR_LISTEN must be host:port'],
    'no folder': [{ KONTOR_HOME: undefined }, 'KONTOR_HOME is not set.'],
    'an address for others': [{ KONTOR_LISTEN: '0.0.0.0:0' }, 'was told to listen on 0.0.0.0.'],
    'a secret that is not there': [{ KONTOR_OIDC_SECRET_FILE: 'nowhere' }, 'The secret in nowhere cannot be read'],
    'the issuer of another': [{ KONTOR_ISSUER: 'https://id.example/realms/kontor' }, 'cannot be the issuer https://id'],
  } as const;

  it.each(Object.entries(wrong))('refuses to start with %s', async (_, [env, sentence]) => {
    using machine = setup();
    await using run = machine.start(env);
    expect(await run.exited).toBe(2);
    expect(run.output()).toContain(sentence);
    expect(run.output()).toContain('"help"');
  });
});

function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-identity-'));
  const secretFile = join(folder, 'portal');
  writeFileSync(secretFile, 'secret-of-the-portal\n');
  return {
    folder,
    start: (env: Record<string, string | undefined> = {}) =>
      start({
        KONTOR_LISTEN: '127.0.0.1:0',
        KONTOR_HOME: folder,
        KONTOR_PUBLIC_URL: 'http://localhost:7800',
        KONTOR_OIDC_SECRET_FILE: secretFile,
        KONTOR_LOG: 'info',
        ...env,
      }),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

function start(env: Record<string, string | undefined>) {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'], ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    output: () => output,
    exited,
    kill: (signal: NodeJS.Signals) => void child.kill(signal),
    /** Waits for it, and answers what the pattern caught. */
    prints: async (pattern: RegExp): Promise<string> => {
      while (!pattern.test(output)) {
        if (child.exitCode !== null) throw new Error(`It ended and printed:\n${output}`);
        await Promise.race([once(child.stdout, 'data'), exited]);
      }
      return pattern.exec(output)?.[1] ?? '';
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
