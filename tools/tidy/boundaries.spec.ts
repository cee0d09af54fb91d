import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { environment, root } from '../bootstrap.mjs';

const planted = {
  'a service that uses another service': {
    file: 'apps/compute/src/planted-violation.ts',
    code: "import { main } from '@kontor/quota/main';\nexport const used = main;\n",
    because: 'A project tagged with "scope:compute" can only depend on libs tagged with "scope:compute"',
  },
  'a service that reaches into another by path': {
    file: 'apps/quota/src/planted-violation.ts',
    code: "import { main } from '../../gateway/src/main.ts';\nexport const used = main;\n",
    because: 'Projects cannot be imported by a relative or absolute path',
  },
  'a gateway with a database driver': {
    file: 'apps/gateway/src/planted-violation.ts',
    code: "import pg from 'pg';\nexport const used = pg;\n",
    because: 'A project tagged with "type:edge" is not allowed to import "pg"',
  },
  'a kit that knows a service': {
    file: 'libs/kit/src/planted-violation.ts',
    code: "import { main } from '@kontor/quota/main';\nexport const used = main;\n",
    because: 'Circular dependency between "@kontor/kit" and "@kontor/quota" detected',
  },
  'a kit that needs the harness outside its tests': {
    file: 'libs/kit/src/planted-harness.ts',
    code: "import { FakeClock } from '@kontor/testing/fake-clock';\nexport const used = FakeClock;\n",
    because: 'A project tagged with "type:kit" can only depend on libs tagged with "type:kit", "type:contract"',
  },
};

describe('the lint that guards the boundaries, run as in a fresh clone', () => {
  const workspaceData = mkdtempSync(join(tmpdir(), 'kontor-lint-'));
  const files = Object.values(planted).map(({ file }) => join(root, file));
  let lint: Finished;

  beforeAll(async () => {
    for (const { file, code } of Object.values(planted)) writeFileSync(join(root, file), code);
    lint = await run('nx', ['run-many', '-t', 'lint', '--skip-nx-cache', '--outputStyle=static', '-p', ...projects]);
  }, 300_000);

  afterAll(() => {
    for (const path of [...files, workspaceData]) rmSync(path, { recursive: true, force: true });
  });

  it('fails', () => {
    expect(lint.code).not.toBe(0);
  });

  it.each(Object.entries(planted))('refuses %s', (_, { file, because }) => {
    const [, after = ''] = lint.output.split(join(root, file));
    const [complaints] = after.split(root);
    expect(complaints).toContain(because);
    expect(complaints).toContain('@nx/enforce-module-boundaries');
  });

  it('knows who uses whom: without that no circle is found, and a cached result outlives what it was made from', () => {
    const graph = JSON.parse(readFileSync(join(workspaceData, 'project-graph.json'), 'utf8')) as ProjectGraph;
    const usedBy = (project: string) => graph.dependencies[project]?.map(({ target }) => target);
    expect(usedBy('@kontor/quota')).toEqual(expect.arrayContaining(['@kontor/kit', '@kontor/contracts']));
    expect(usedBy('@kontor/kit')).toContain('@kontor/contracts');
  });

  it('refuses to run at all where it cannot know the projects, instead of passing everything', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'kontor-lint-'));
    const alone = await run('eslint', ['libs/kit/src'], { NX_WORKSPACE_DATA_DIRECTORY: elsewhere });
    rmSync(elsewhere, { recursive: true });
    expect(alone.code).not.toBe(0);
    expect(alone.output).toContain('No cached ProjectGraph is available');
  });

  const projects = ['@kontor/compute', '@kontor/quota', '@kontor/gateway', '@kontor/kit'];

  /** Runs a tool of the workspace without what an Nx that runs this test has put into the environment. */
  function run(command: string, args: string[], extra: NodeJS.ProcessEnv = {}): Promise<Finished> {
    const inherited = Object.entries(environment()).filter(([name]) => !/^(NX_|NODE_OPTIONS$)/.test(name));
    const own = { NX_DAEMON: 'false', NX_WORKSPACE_DATA_DIRECTORY: workspaceData, ...extra };
    const env = { ...Object.fromEntries(inherited), ...own };
    return new Promise((resolve) => {
      execFile(command, args, { cwd: root, env, maxBuffer: 16e6 }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, output: stripVTControlCharacters(stdout + stderr) });
      });
    });
  }
});

interface ProjectGraph {
  dependencies: Record<string, { target: string }[]>;
}

interface Finished {
  code: number;
  output: string;
}
