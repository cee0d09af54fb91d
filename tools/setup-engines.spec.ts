import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '@kontor/testing/child';
import { repositoryFrom } from './setup-keycloak.mjs';

const PROGRAM = fileURLToPath(new URL('setup-engines.mjs', import.meta.url));

describe('npm run setup:engines', () => {
  it('leaves alone what is there', async () => {
    using machine = setup('pgbench', 'java');
    machine.installKeycloak();
    await using run = machine.run();
    expect(await run.exited).toBe(0);
    expect(run.output()).toBe(
      '✓ pgbench is there (the benchmark of the ledger)\n' +
        '✓ java is there (Keycloak)\n' +
        '✓ keycloak is there (the identity suite)\n',
    );
  });

  it.each([
    ['pgbench', 'the benchmark of the ledger', []],
    ['java', 'Keycloak', ['pgbench']],
  ])('says that %s is missing and what for where it cannot install it', async (program, purpose, there) => {
    using machine = setup(...there);
    await using run = machine.run();
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain(`${program} (${purpose}) is missing. Install it with`);
  });

  it.each([
    ['openjdk version "11.0.21" 2023-10-17', 'java is version 11.0.21'],
    ['java version "1.8.0_392"', 'java is version 1.8.0_392'],
    ['no such thing', 'java does not say which version it is'],
  ])('refuses a Java that Keycloak does not run on: %s', async (printed, said) => {
    using machine = setup('pgbench');
    machine.install('java', printed);
    await using run = machine.run();
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain(`Keycloak needs Java 17 or newer, and ${said}: install a newer one`);
  });

  it('fetches Keycloak, and refuses one that Kontor was not tested with', async () => {
    using machine = setup('pgbench', 'java');
    const archive = Buffer.from('another server');
    await using repository = await serve({
      '': archive,
      '.sha256': createHash('sha256').update(archive).digest('hex'),
    });
    await using run = machine.run({ KONTOR_MAVEN_REPOSITORY: repository.url });
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain('is not the file that Kontor was tested with');
    expect(machine.engines()).toEqual([]);
  });

  it('tells a damaged download from a foreign one', async () => {
    using machine = setup('pgbench', 'java');
    await using repository = await serve({
      '': 'half of it',
      '.sha256': createHash('sha256').update('all').digest('hex'),
    });
    await using run = machine.run({ KONTOR_MAVEN_REPOSITORY: repository.url });
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain('was damaged on its way. Run this again.');
    expect(machine.engines()).toEqual([]);
  });

  it('says where else Keycloak may come from when the repository does not have it or is not there', async () => {
    using machine = setup('pgbench', 'java');
    await using empty = await serve({});
    await using without = machine.run({ KONTOR_MAVEN_REPOSITORY: empty.url });
    await using nowhere = machine.run({ KONTOR_MAVEN_REPOSITORY: 'http://127.0.0.1:9' });
    expect([await without.exited, await nowhere.exited]).toEqual([1, 1]);
    expect(without.output()).toMatch(/answered 404\. Name another Maven repository in KONTOR_MAVEN_REPOSITORY/);
    expect(nowhere.output()).toMatch(/cannot be reached \(.+\)\. Name another Maven repository/);
  });

  it("never touches a Keycloak that is somebody else's", async () => {
    using machine = setup('pgbench', 'java');
    await using run = machine.run({ KONTOR_KEYCLOAK: machine.folder });
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain(`KONTOR_KEYCLOAK names ${machine.folder}, where no Keycloak server is`);
  });

  it('installs a newer Keycloak over an older one', async () => {
    using machine = setup('pgbench', 'java');
    machine.installKeycloak('1.0.0');
    await using empty = await serve({});
    await using run = machine.run({ KONTOR_MAVEN_REPOSITORY: empty.url });
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain('answered 404');
    expect(machine.engines()).toEqual(['keycloak']);
  });
});

describe('the Maven repository', () => {
  const mirror = (of: string, url: string) => `<settings><mirrors><mirror>
    <mirrorOf>${of}</mirrorOf><url>${url}</url></mirror></mirrors></settings>`;
  const cases = {
    'is Maven Central': [{}, '', 'https://repo.maven.apache.org/maven2'],
    'is what the environment names': [
      { KONTOR_MAVEN_REPOSITORY: 'https://a.example/m/' },
      mirror('*', 'https://b.example'),
      'https://a.example/m',
    ],
    'is the mirror of everything': [{}, mirror('*', 'https://b.example/'), 'https://b.example'],
    'is the mirror of Maven Central': [{}, mirror('jboss, central', 'https://b.example'), 'https://b.example'],
    'is not the mirror of another': [{}, mirror('jboss', 'https://b.example'), 'https://repo.maven.apache.org/maven2'],
    'is not a mirror that leaves it out': [
      {},
      mirror('*,!central', 'https://b.example'),
      'https://repo.maven.apache.org/maven2',
    ],
    'is not a mirror in a comment': [
      {},
      `<!-- ${mirror('*', 'https://b.example')} -->`,
      'https://repo.maven.apache.org/maven2',
    ],
  } as const;

  it.each(Object.entries(cases))('%s', (_, [env, settings, expected]) => {
    expect(repositoryFrom(env, settings)).toBe(expected);
  });
});

/** A machine that has only these programs, and a folder for engines of its own. */
function setup(...programs: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-path-'));
  const engines = join(folder, 'engines');
  mkdirSync(engines);
  const install = (program: string, printed: string) =>
    writeFileSync(join(folder, program), `#!/bin/sh\necho '${printed}' >&2\n`, { mode: 0o755 });
  for (const program of programs) install(program, 'openjdk version "21.0.1" 2023-10-17');
  return {
    folder,
    install,
    run: (env: Record<string, string> = {}) =>
      startChild(process.execPath, [PROGRAM], {
        PATH: folder,
        NODE_OPTIONS: '',
        KONTOR_ENGINES: engines,
        KONTOR_KEYCLOAK: '',
        ...env,
      }),
    installKeycloak: (version = '26.7.3') => {
      mkdirSync(join(engines, 'keycloak'));
      writeFileSync(join(engines, 'keycloak', 'ready'), version);
    },
    engines: () => (existsSync(engines) ? readdirSync(engines) : []),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** A Maven repository that has these endings of Keycloak's archive. */
async function serve(files: Record<string, string | Buffer>) {
  const server = createServer((request, response) => {
    const [, ending = ''] = /\.tar\.gz(.*)$/.exec(request.url ?? '') ?? [];
    const file = files[ending];
    response.writeHead(file === undefined ? 404 : 200).end(file);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')) };
}
