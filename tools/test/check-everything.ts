import { spawn } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { environment, root, run, step, Help } from '../bootstrap.mjs';
import { ensureBuilt } from '../start/build.ts';
import { tell, TERMINAL } from '../start/start-fault.ts';
import { shortcomings, sum, type JestResult } from './verdict.ts';

interface Step {
  title: string;
  run: () => Promise<void>;
  /** Nothing after it means anything when it fails. */
  first?: true;
}

/** In the order in which a fault is cheapest to find. */
const steps: Step[] = [
  { title: 'generating and building', run: build, first: true },
  { title: 'checking the format', run: nx('run', 'kontor:formatcheck') },
  { title: 'linting', run: nx('run-many', '-t', 'lint') },
  { title: 'checking types', run: nx('run', 'kontor:typecheck') },
  { title: 'testing the house rules and the tools', run: nx('run', '@kontor/tools:test', '--outputStyle=static') },
  {
    title: 'testing what services stand on',
    run: nx('run-many', '-t', 'test', '--exclude', '@kontor/tools,apps/*', '--parallel=2'),
  },
  { title: 'testing the services', run: nx('run-many', '-t', 'test', '--projects', 'apps/*', '--parallel=1') },
  { title: 'testing the whole, end to end', run: nx('run', '@kontor/e2e:e2e', '--outputStyle=static') },
];

await run(async () => {
  for (const path of resultFiles()) rmSync(path);
  const failed = await failing(steps);
  const counts = sum(resultFiles().map((path) => JSON.parse(readFileSync(path, 'utf8')) as JestResult));
  const faults = shortcomings(failed, counts, process.env.CI === 'true');
  console.log(`\n${faults.map((fault) => `${fault}\n`).join('')}\n${counts.passed} passed, ${counts.failed} failed`);
  if (faults.length > 0) process.exitCode = 1;
});

/** Runs the steps in order and answers the titles of those that failed. */
async function failing([next, ...rest]: Step[]): Promise<string[]> {
  if (!next) return [];
  const passed = await step(next.title, next.run).then(
    () => true,
    () => false,
  );
  if (passed) return failing(rest);
  return next.first ? [next.title] : [next.title, ...(await failing(rest))];
}

/** As npm start does it, which then finds it done: a build while tests run would take away what they read. */
function build(): Promise<void> {
  const note = (line: string): void => console.log(line);
  return ensureBuilt({ note, say: note, step: (_, work) => work(() => undefined) }).catch((error: unknown) => {
    console.error(tell(error, TERMINAL));
    throw error;
  });
}

/** Runs Nx on this terminal; throws where it does not end with 0. */
function nx(...args: string[]): () => Promise<void> {
  return () =>
    new Promise((resolve, reject) => {
      const child = spawn('nx', args, { cwd: root, env: environment(), stdio: 'inherit' });
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) resolve();
        else reject(new Help(`nx ${args.join(' ')} failed`));
      });
    });
}

function resultFiles(): string[] {
  return globSync(['{apps,libs,infra,examples}/*/coverage/jest.json', '{tools,e2e}/coverage/jest.json'], {
    cwd: root,
  }).map((path) => join(root, path));
}
