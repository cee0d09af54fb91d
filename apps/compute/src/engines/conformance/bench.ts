import { createHash, randomUUID } from 'node:crypto';
import {
  Observation_End as End,
  Observation_State as State,
  ReadLogRequest_Stream as Stream,
  type EngineService,
  type Node,
  type Observation,
  type Workload,
} from '@kontor/contracts/engine/v1/engine';
import type { Client } from '@kontor/kit/grpc';
import { eventually } from '@kontor/testing/eventually';

export type Engine = Client<typeof EngineService>;
/** What a case asks for beside what a small job has. */
export type JobWishes = Partial<Omit<Workload, '$typeName' | '$unknown' | 'inputs'>> & {
  inputs?: { path: string; sha256: string }[];
  jobId?: string;
  coverMs?: bigint;
};

/** An engine with its own state, and what only someone on its machine can do. */
export interface EngineUnderTest {
  /** Starts it over the state it has. */
  open(): Promise<Engine>;
  /** Ends it without a word to its jobs, as a crash would. */
  close(): Promise<void>;
  /** Deletes its state. */
  dispose(): Promise<void>;
  /** Kills whatever supervises a job, with a signal that nothing can handle. */
  killSupervisor(jobId: string): Promise<void>;
  /** How many processes of a job are alive, counted by other means than the engine's. */
  alive(jobId: string): Promise<number>;
}

const MIB = 1024n * 1024n;
const ENDS_WITHIN_MS = 15_000;

/** A small job that ends by itself, unless told otherwise. */
const SMALL = {
  devices: 1,
  memoryBytes: 256n * MIB,
  diskBytes: 8n * MIB,
  processes: 40,
  logBytes: 65_536n,
  timeLimitMs: 30_000n,
  graceMs: 500n,
};

/** Runs small jobs on an engine and looks at them, through its contract alone. */
export class Bench {
  private under!: EngineUnderTest;
  private present: Engine | undefined;
  private nodeFound!: Node;

  get engine(): Engine {
    if (!this.present) throw new Error('The engine is closed.');
    return this.present;
  }

  /** The node that jobs are placed on. */
  get node(): Node {
    return this.nodeFound;
  }

  async bringUp(under: EngineUnderTest): Promise<void> {
    this.under = under;
    this.present = await under.open();
    const { nodes } = await this.engine.getCapacity({}, { timeoutMs: 30_000 });
    this.nodeFound = nodes.find(({ acceleratorClass }) => acceleratorClass.startsWith('cpu.')) ?? nodes[0]!;
  }

  async tearDown(): Promise<void> {
    await this.under.close();
    await this.under.dispose();
  }

  /** Does something while the engine is not there. */
  async without(act: () => Promise<void>): Promise<void> {
    await this.under.close();
    this.present = undefined;
    await act();
    this.present = await this.under.open();
  }

  restart = (): Promise<void> => this.without(async () => undefined);
  killSupervisor = (jobId: string): Promise<void> => this.under.killSupervisor(jobId);
  alive = (jobId: string): Promise<number> => this.under.alive(jobId);

  /** A request for a small job with these wishes. */
  request({ jobId = randomUUID(), coverMs = 60_000n, ...workload }: JobWishes) {
    const { name, acceleratorClass } = this.node;
    return { jobId, node: name, devices: [0], coverMs, workload: { ...SMALL, acceleratorClass, ...workload } };
  }

  async submit(wishes: JobWishes): Promise<string> {
    const request = this.request(wishes);
    await this.engine.submit(request);
    return request.jobId;
  }

  /** Submits a shell script. */
  script = (text: string, wishes: JobWishes = {}): Promise<string> =>
    this.submit({ command: ['sh', '-c', text], ...wishes });

  async observe(jobId: string): Promise<Observation> {
    const { observations } = await this.engine.observe({ jobIds: [jobId] });
    if (!observations[0]) throw new Error(`The engine does not know ${jobId}.`);
    return observations[0];
  }

  /** Waits until a job is in a state. */
  reaches = (jobId: string, state: State): Promise<Observation> =>
    eventually(
      `job ${jobId} is ${State[state]}`,
      async () => {
        const seen = await this.observe(jobId);
        if (seen.state === state) return seen;
        throw new Error(`${State[seen.state]} ${End[seen.end]} ${seen.detail}`);
      },
      { withinMs: ENDS_WITHIN_MS },
    );

  ended = (jobId: string): Promise<Observation> => this.reaches(jobId, State.ENDED);

  /** Runs a shell script to its end. */
  async run(text: string, wishes: JobWishes = {}) {
    const jobId = await this.script(text, wishes);
    return {
      jobId,
      observation: await this.ended(jobId),
      stdout: await this.log(jobId),
      stderr: await this.log(jobId, Stream.STDERR),
    };
  }

  /** All that a job has printed so far. */
  async log(jobId: string, stream = Stream.STDOUT): Promise<string> {
    return textOf(this.engine.readLog({ jobId, stream }));
  }

  /** Waits until a job has printed something. */
  prints = (jobId: string, text: string): Promise<string> =>
    eventually(`job ${jobId} prints ${text}`, async () => (await this.log(jobId)).includes(text) && text, {
      withinMs: ENDS_WITHIN_MS,
    });

  output = (jobId: string, path: string): Promise<string> => textOf(this.engine.readOutput({ jobId, path }));

  /** Puts a file into the engine's store. */
  async stage(content: string | Buffer): Promise<string> {
    const data = Buffer.from(content);
    const sha256 = digestOf(data);
    await this.engine.stageFile(pieces(sha256, data));
    return sha256;
  }
}

export const digestOf = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** A file as it is staged: named in the first message, data in all. */
export async function* pieces(sha256: string, data: Buffer, pieceBytes = 65_536) {
  for (let at = 0; at === 0 || at < data.length; at += pieceBytes) {
    yield { sha256: at === 0 ? sha256 : '', data: Uint8Array.from(data.subarray(at, at + pieceBytes)) };
  }
}

export async function textOf(stream: AsyncIterable<{ data: Uint8Array }>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const { data } of stream) parts.push(data);
  return Buffer.concat(parts).toString();
}
