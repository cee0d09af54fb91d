import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { environment, root } from '../bootstrap.mjs';

const planted = {
  'a service that uses another service': {
    file: 'apps/compute/src/planted.ts',
    code: "import { main } from '@kontor/quota/main';\nexport const used = main;\n",
    because: 'A project tagged with "scope:compute" can only depend on libs tagged with "scope:compute"',
  },
  'a service that reaches into another by path': {
    file: 'apps/quota/src/planted.ts',
    code: "import { main } from '../../gateway/src/main.ts';\nexport const used = main;\n",
    because: 'Projects cannot be imported by a relative or absolute path',
  },
  'a gateway with a database driver': {
    file: 'apps/gateway/src/planted.ts',
    code: "import pg from 'pg';\nexport const used = pg;\n",
    because: 'A project tagged with "type:edge" is not allowed to import "pg"',
  },
  'a kit that knows a service': {
    file: 'libs/kit/src/planted-service.ts',
    code: "import { main } from '@kontor/quota/main';\nexport const used = main;\n",
    because: 'Circular dependency between "@kontor/kit" and "@kontor/quota" detected',
  },
  'a kit that needs the harness outside its tests': {
    file: 'libs/kit/src/planted-harness.ts',
    code: "import { FakeClock } from '@kontor/testing/fake-clock';\nexport const used = FakeClock;\n",
    because: 'A project tagged with "type:kit" can only depend on libs tagged with "type:kit", "type:contract"',
  },
};
const allowed = {
  file: 'libs/kit/src/planted.spec.ts',
  code: "import { FakeClock } from '@kontor/testing/fake-clock';\nexport const used = FakeClock;\n",
};

describe('the lint that guards the boundaries, run as in a fresh clone', () => {
  const workspaceData = mkdtempSync(join(tmpdir(), 'kontor-lint-'));
  let findings: Record<string, string[]>;

  beforeAll(async () => {
    await run('nx', ['graph', `--file=${join(workspaceData, 'graph.json')}`]);
    // Linted without being written: what else runs meanwhile reads and builds the same sources.
    const texts = Object.fromEntries([...Object.values(planted), allowed].map(({ file, code }) => [file, code]));
    const { output } = await run('node', ['tools/tidy/lint-texts.mjs'], { input: JSON.stringify(texts) });
    findings = JSON.parse(output) as typeof findings;
  }, 60_000);

  afterAll(() => rmSync(workspaceData, { recursive: true }));

  it.each(Object.entries(planted))('refuses %s', (_, { file, because }) => {
    expect(findings[file]).toEqual([expect.stringContaining(`@nx/enforce-module-boundaries: ${because}`)]);
  });

  it('lets tests use the harness', () => {
    expect(findings[allowed.file]).toEqual([]);
  });

  it('knows who uses whom: without that no circle is found, and a cached result outlives what it was made from', () => {
    const graph = JSON.parse(readFileSync(join(workspaceData, 'project-graph.json'), 'utf8')) as ProjectGraph;
    const usedBy = (project: string) => graph.dependencies[project]?.map(({ target }) => target);
    expect(usedBy('@kontor/quota')).toEqual(expect.arrayContaining(['@kontor/kit', '@kontor/contracts']));
    expect(usedBy('@kontor/kit')).toContain('@kontor/contracts');
  });

  it('refuses to run at all where it cannot know the projects, instead of passing everything', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'kontor-lint-'));
    const env = { NX_WORKSPACE_DATA_DIRECTORY: elsewhere };
    const alone = await run('eslint', ['libs/kit/src/clock.ts'], { env });
    rmSync(elsewhere, { recursive: true });
    expect(alone.code).not.toBe(0);
    expect(alone.output).toContain('No cached ProjectGraph is available');
  });

  /** Runs a tool of the workspace without what an Nx that runs this test has put into the environment. */
  async function run(command: string, args: string[], { input = '', env = {} }: { input?: string; env?: object } = {}) {
    const inherited = Object.entries(environment()).filter(([name]) => !/^(NX_|NODE_OPTIONS$)/.test(name));
    const own = { NX_DAEMON: 'false', NX_WORKSPACE_DATA_DIRECTORY: workspaceData, ...env };
    const child = spawn(command, args, { cwd: root, env: { ...Object.fromEntries(inherited), ...own } });
    child.stdin.end(input);
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await ended, output: output + errors };
  }
});

interface ProjectGraph {
  dependencies: Record<string, { target: string }[]>;
}
