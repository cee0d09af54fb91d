import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 } from 'uuid';
import { followJob } from './follow-job.ts';
import { operatorTenant } from './operator-tenant.ts';
import type { People } from './people.ts';
import type { Progress } from './progress.ts';
import type { Rest } from './rest.ts';
import { fundSample } from './sample-budget.ts';
import { foundSampleProject } from './sample-project.ts';
import { reportSample, type ChargeRecord, type Metrics } from './sample-report.ts';
import { keepSample, readSample, type SampleState } from './sample-state.ts';
import { ROOT, type StartSettings } from './settings.ts';
import { StartFault, tell } from './start-fault.ts';

interface Sample {
  people: People;
  state: SampleState;
  signal: AbortSignal;
  detail(text: string): void;
}

const POLL_MS = 500;
const CAPACITY_MS = 30_000;
/** Other jobs may have the cores, but who has just started Kontor waits for this one. */
const QUEUED_MS = 120_000;

/**
 * On the first start: the sample researcher gets a project with means, and runs a job in it that learns to read
 * handwritten digits, all through the public API. Reports what came of it. A sample that fails is told, and the next
 * start tries another one.
 */
export async function runSample(
  settings: StartSettings,
  people: People,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { home, operator } = settings;
  try {
    const state = readSample(home);
    if (state.done) return;
    let projectId = '';
    await progress.step('sample job: learning to read handwritten digits', async (detail) => {
      const sample = { people, state, signal, detail };
      detail('founding its project');
      projectId = await foundSampleProject(people, operator);
      await submit(sample, operator, projectId);
      const path = `/v1/projects/${projectId}/jobs/${state.jobId}`;
      const job = await followJob(people.researcher.rest, path, { detail, signal, queuedMs: QUEUED_MS });
      keepSample(home, job.state === 'SUCCEEDED' ? { ...state, done: true } : { ...state, jobId: v7() });
      if (job.state !== 'SUCCEEDED')
        throw new StartFault(`It is ${job.state}: ${job.detail ?? ''}`, 'The next start tries another one.');
    });
    for (const line of await report(people.researcher.rest, projectId, state.jobId)) progress.say(line);
  } catch (error) {
    if (!signal.aborted) progress.say(`! The sample job did not work. ${tell(error, progress)}`);
  }
}

async function submit({ people, state, signal, detail }: Sample, operator: string, projectId: string): Promise<void> {
  const { rest } = people.researcher;
  const project = { tenantId: operatorTenant(operator), projectId };
  const acceleratorClass = await coresOffered(rest, signal);
  detail('funding its project');
  const awardId = await fundSample(people, acceleratorClass, project, state.ids);
  detail('uploading its input');
  const inputs = await readInputs();
  for (const { sha256, bytes } of inputs) await rest.put(`/v1/projects/${projectId}/files/${sha256}`, bytes);
  detail('submitting it');
  await rest.post(`/v1/projects/${projectId}/jobs`, {
    id: state.jobId,
    name: 'Handwritten digits',
    workload: workload(acceleratorClass, inputs),
    awardId,
  });
}

interface Input {
  path: string;
  bytes: Buffer<ArrayBuffer>;
  sha256: string;
}

/** The program and its digits. The packer is loaded only here, because it reads 40 MB of text. */
async function readInputs(): Promise<Input[]> {
  const { packDigits } = await import('@kontor/example-digits/pack-digits.mjs');
  const input = (path: string, content: Buffer): Input => {
    const bytes = Buffer.from(content);
    return { path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  return [
    input('train.mjs', readFileSync(join(ROOT, 'examples', 'digits', 'train.mjs'))),
    input('digits.bin', packDigits()),
  ];
}

/** One core, one GiB, five minutes: several times what it needs. */
const workload = (acceleratorClass: string, inputs: Input[]) => ({
  command: ['node', 'train.mjs'],
  acceleratorClass,
  devices: 1,
  memoryBytes: String(2 ** 30),
  diskBytes: String(64 * 2 ** 20),
  processes: 64,
  logBytes: String(2 ** 20),
  timeLimitMs: '300000',
  graceMs: '5000',
  inputs: inputs.map(({ path, sha256 }) => ({ path, sha256 })),
  outputs: ['model.safetensors', 'metrics.json'],
});

interface Sites {
  sites?: { clusters?: { pools?: { acceleratorClass: string }[] }[] }[];
}

/** The class of this machine's cores, once compute has looked what the machine has. */
async function coresOffered(rest: Rest, signal: AbortSignal): Promise<string> {
  const deadline = performance.now() + CAPACITY_MS;
  while (performance.now() < deadline) {
    const { sites = [] } = (await rest.get('/v1/sites')) as Sites;
    const pools = sites.flatMap(({ clusters }) => clusters ?? []).flatMap(({ pools: some }) => some ?? []);
    const cores = pools.find(({ acceleratorClass }) => acceleratorClass.startsWith('cpu.'));
    if (cores) return cores.acceleratorClass;
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new StartFault('The local engine offers no cores.', 'Look into the log of compute.');
}

async function report(rest: Rest, projectId: string, jobId: string): Promise<string[]> {
  const path = `/v1/projects/${projectId}/jobs/${jobId}`;
  const metrics = JSON.parse(await rest.text(`${path}/outputs/metrics.json`)) as Metrics;
  return reportSample(jobId, metrics, (await rest.get(`${path}/charge-record`)) as ChargeRecord);
}
