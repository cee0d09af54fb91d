import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Job_State as State } from '@kontor/contracts/compute/v1/compute';
import { eventually } from '@kontor/testing/eventually';
import { startOperator } from '@kontor/testing/operator';
import { Project } from './project.ts';

describe('an operator', () => {
  it('on its first start runs the digits job through the public API, and shows what it learnt and cost', async () => {
    await using operator = await startOperator({ withSample: true });
    const output = operator.output();
    const [, accuracy] = /reads ([\d.]+) % of 1,756 digits/.exec(output) ?? [];
    expect(Number(accuracy)).toBeGreaterThan(90);
    const [, ms, rate, cost] =
      /floor\((\d+) device-ms of \S+ × (\d+) µcr\/h ÷ 3600000\) = (\d+) µcr/.exec(output) ?? [];
    expect(BigInt(cost ?? -1)).toBe((BigInt(ms ?? 0) * BigInt(rate ?? 0)) / 3_600_000n);
    const [, award, own] =
      /400000 ÷ 1000000\) = (\d+) µcr by the programme, (\d+) µcr by the project/.exec(output) ?? [];
    expect(BigInt(award ?? -1)).toBe((BigInt(cost ?? 0) * 4n) / 10n);
    expect(BigInt(award ?? 0) + BigInt(own ?? 0)).toBe(BigInt(cost ?? -1));
    expect(await operator.stop()).toBe(0);
    expect(secretsIn(join(operator.home, 'logs'), join(operator.home, 'secrets'))).toEqual([]);
  }, 240_000);

  it('that stops and starts again keeps its data and finds its running job, which is charged once', async () => {
    const home = mkdtempSync(join(tmpdir(), 'kontor-kept-'));
    const first = await startOperator({ home });
    const project = await Project.found(first, 1_000_000_000n);
    const request = project.newJob('echo begun; sleep 6; echo done');
    await project.submit(request);
    await project.reaches(request.id, ({ state }) => state === State.RUNNING);
    expect(await first.stop()).toBe(0);

    await using again = await startOperator({ home, ports: first.ports });
    const same = new Project(again, project.id);
    const job = await same.ended(request.id);
    expect(job).toMatchObject({ state: State.SUCCEEDED, exitCode: 0 });
    expect(await same.printed(request.id)).toBe('begun\ndone\n');
    const charge = await same.charge(request.id);
    expect(charge.deviceMs).toBeGreaterThanOrEqual(6_000n);
    expect(charge.lateDeviceMs).toBe(0n);
    await again.stop();
    rmSync(home, { recursive: true, force: true });
  }, 120_000);

  it('restarts what crashes: each service and PostgreSQL killed, and work goes on', async () => {
    await using operator = await startOperator();
    const project = await Project.found(operator, 1_000_000_000n);
    for (const name of ['identity', 'tenancy', 'quota', 'compute', 'gateway', 'postgres'] as const) {
      const pid = operator.pidOf(name);
      if (pid === undefined) throw new Error(`${name} does not run.`);
      process.kill(pid, 'SIGKILL');
      const request = project.newJob('true');
      await eventually(
        `a job is accepted after ${name} was killed`,
        async () => (await project.submit(request)).status < 300,
        { withinMs: 30_000 },
      );
      expect((await project.ended(request.id)).state).toBe(State.SUCCEEDED);
    }
  }, 180_000);
});

/** Logs that hold the token or a password of the operator. */
function secretsIn(logs: string, secrets: string): string[] {
  const contents = (folder: string) => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const words = contents(secrets).flatMap((text) => text.match(/[A-Za-z0-9_-]{40,}/g) ?? []);
  expect(words.length).toBeGreaterThanOrEqual(5);
  return contents(logs).filter((text) => words.some((word) => text.includes(word)));
}
