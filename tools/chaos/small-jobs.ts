import { setTimeout as sleep } from 'node:timers/promises';
import { uuid7 } from '@kontor/kit/id';
import { foundProject, grantTo, setRate } from '@kontor/testing/founded-project';
import type { Operator } from '@kontor/testing/operator';
import type { RestAnswer } from '@kontor/testing/rest-client';
import type { Seeded } from './seeded.ts';

const CLASS = process.arch === 'arm64' ? 'cpu.aarch64' : 'cpu.x86_64';
const ENDED = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);
const PATIENCE_MS = 300_000;
const RETRY_MS = 100;

/** Sends small jobs as a stubborn client would: every request is repeated, with the same id, until it is answered. */
export class SmallJobs {
  readonly ids: string[] = [];
  readonly #path: string;

  readonly #operator: Operator;
  readonly #random: Seeded;

  private constructor(operator: Operator, projectId: string, random: Seeded) {
    this.#operator = operator;
    this.#path = `/v1/projects/${projectId}`;
    this.#random = random;
  }

  /** In a new project that can pay. */
  static async of(operator: Operator, random: Seeded): Promise<SmallJobs> {
    const projectId = await foundProject(operator, `chaos-${uuid7()}`);
    await setRate(operator, CLASS, 3_599_999n);
    const means = { 'CR:demo': 10n ** 12n, [`DEVICE_MS:${CLASS}`]: 10n ** 12n, [`SLOTS:${CLASS}`]: 1_000n };
    await grantTo(operator, projectId, means);
    return new SmallJobs(operator, projectId, random);
  }

  /** Sends a job that prints its process's start once and works for up to three seconds. */
  async submit(): Promise<void> {
    const id = uuid7();
    const seconds = this.#random.between(0, 30) / 10;
    await this.#answered(
      `job ${id}`,
      (status) => status < 300,
      () =>
        this.#operator.as('researcher').post(`${this.#path}/jobs`, {
          id,
          name: `works ${seconds} s`,
          workload: {
            command: ['/bin/sh', '-c', `echo begun; sleep ${seconds}`],
            acceleratorClass: CLASS,
            devices: 1,
            memoryBytes: String(64 * 2 ** 20),
            diskBytes: String(2 ** 20),
            processes: 16,
            logBytes: '65536',
            timeLimitMs: '60000',
            graceMs: '500',
          },
        }),
    );
    this.ids.push(id);
  }

  async allEnded(): Promise<void> {
    for (const id of this.ids) {
      await this.#answered(
        `the end of ${id}`,
        (status, body) => status === 200 && ENDED.has(String((body as { state?: string }).state)),
        () => this.#operator.as('researcher').get(`${this.#path}/jobs/${id}`),
      );
    }
  }

  /** How many jobs did not begin exactly once. */
  async ranTwice(): Promise<number> {
    let wrong = 0;
    for (const id of this.ids) {
      const { body } = await this.#answered(
        `the log of ${id}`,
        (status) => status === 200,
        () => this.#operator.as('researcher').get(`${this.#path}/jobs/${id}/logs/stdout`),
      );
      if (body !== 'begun\n') wrong++;
    }
    return wrong;
  }

  async #answered(
    what: string,
    isAnswer: (status: number, body: unknown) => boolean,
    ask: () => Promise<RestAnswer>,
  ): Promise<RestAnswer> {
    const deadline = performance.now() + PATIENCE_MS;
    let last: unknown;
    while (performance.now() < deadline) {
      try {
        const answer = await ask();
        if (isAnswer(answer.status, answer.body)) return answer;
        last = answer.body;
        if (answer.status >= 400 && answer.status < 500)
          throw new Error(`${what} was refused: ${JSON.stringify(last)}`);
      } catch (error) {
        if (error instanceof Error && error.message.startsWith(what)) throw error;
        last = error;
      }
      await sleep(RETRY_MS);
    }
    throw new Error(`${what} was never answered; at last: ${JSON.stringify(last)}`);
  }
}
