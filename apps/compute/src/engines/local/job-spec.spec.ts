import { describe, expect, it } from '@jest/globals';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { SubmitRequestSchema, WorkloadSchema, type SubmitRequest } from '@kontor/contracts/engine/v1/engine';
import { checkSubmission } from './check-submission.ts';
import { checkProgram, contentSha256, jobSpec, type Surroundings } from './job-spec.ts';

const GPU = 'nvidia.h100.sxm5.80g';
const NODES = [
  { name: 'host', acceleratorClass: 'cpu.x86_64', devices: 4, cores: 4, memoryBytes: 1n },
  { name: `host/${GPU}`, acceleratorClass: GPU, devices: 2, cores: 4, memoryBytes: 1n },
];

const input = (path: string) => ({ path, sha256: 'there' });

describe('the content of a submission', () => {
  it('is the same whatever the order of its environment and its cover', () => {
    const digests = [
      submission({ environment: { A: '1', B: '2' } }),
      submission({ environment: { B: '2', A: '1' } }),
      submission({ environment: { A: '1', B: '2' } }, { coverMs: 99n }),
    ].map(contentSha256);
    expect(new Set(digests).size).toBe(1);
  });

  it('is another with any other word, device or limit', () => {
    const digests = [
      submission(),
      submission({ command: ['b'] }),
      submission({ memoryBytes: 2n }),
      submission({}, { devices: [1] }),
      submission({ environment: { A: '' } }),
      submission({ outputs: ['x'] }),
    ].map(contentSha256);
    expect(new Set(digests).size).toBe(6);
  });
});

describe('what the shim is told', () => {
  it('is a sandbox with a user of its own, and Node on the search path', () => {
    const spec = jobSpec(submission({ environment: { A: '1', KONTOR_JOB_ID: 'forged' } }), around());
    expect(spec.environment).toEqual({
      PATH: expect.stringMatching(/^\/opt\/kontor\/bin:/),
      HOME: '/job',
      LANG: 'C.UTF-8',
      A: '1',
      CUDA_VISIBLE_DEVICES: 'GPU-1',
      KONTOR_JOB_ID: submission().jobId,
    });
    expect(spec.userId).toBeGreaterThanOrEqual(0x7000_0000);
    expect(spec.userId).toBeLessThan(0x7800_0000);
    expect(jobSpec(submission(), around()).userId).toBe(spec.userId);
  });

  it('is the folder itself where there is no sandbox', () => {
    const spec = jobSpec(submission(), { ...around(), isolation: 'none', ownUsers: false });
    expect(spec).toMatchObject({
      isolation: 'none',
      environment: { HOME: '/home/jobs/x/work', PATH: expect.stringMatching(/^\/node\/bin:/) },
    });
    expect(spec).not.toHaveProperty('userId');
  });
});

describe('a submission is refused', () => {
  it.each<[string, MessageInitShape<typeof WorkloadSchema>, MessageInitShape<typeof SubmitRequestSchema>, string]>([
    ['for a node that is not there', {}, { node: 'elsewhere' }, 'node_not_found'],
    ['for another class than the node has', { acceleratorClass: GPU }, {}, 'wrong_accelerator_class'],
    ['for a device that is not there', {}, { devices: [4] }, 'no_such_device'],
    ['for a negative device', {}, { devices: [-1] }, 'no_such_device'],
    [
      'with fewer devices than it asks for',
      { acceleratorClass: GPU, devices: 2 },
      { node: `host/${GPU}`, devices: [1, 1] },
      'devices_differ',
    ],
    ['with two inputs of one path', { inputs: [input('a'), input('a')] }, {}, 'inputs_collide'],
    ['with an input inside another', { inputs: [input('a'), input('a/b')] }, {}, 'inputs_collide'],
    ['with inputs that do not fit', { inputs: [input('a'), input('b')], diskBytes: 199n }, {}, 'inputs_too_big'],
    ['with an input that is not in the store', { inputs: [{ path: 'a', sha256: 'missing' }] }, {}, 'files_missing'],
    ['with more disk than the machine has left', { diskBytes: 2001n }, {}, 'not_enough_disk'],
    ['without a program', { command: ['', 'x'] }, {}, 'no_program'],
    ['with a variable that a shell cannot have', { environment: { '1A': '' } }, {}, 'bad_variable_name'],
  ])('%s', (_, workload, over, code) => {
    expect(() => checkSubmission(submission(workload, over), NODES, STORE, 2000n)).toThrow(
      expect.objectContaining({ code, help: expect.any(String) }),
    );
  });

  it('and otherwise is not', () => {
    const workload = { inputs: [input('a'), input('b/a'), input('ab')], diskBytes: 300n, environment: { _A1: '' } };
    expect(() => checkSubmission(submission(workload), NODES, STORE, 2000n)).not.toThrow();
    expect(() => checkProgram(submission().workload!)).not.toThrow();
  });
});

const STORE = {
  missing: (digests: string[]) => digests.filter((sha256) => sha256 === 'missing'),
  sizeBytes: () => 100,
};

const submission = (
  workload: MessageInitShape<typeof WorkloadSchema> = {},
  over: MessageInitShape<typeof SubmitRequestSchema> = {},
): SubmitRequest =>
  create(SubmitRequestSchema, {
    jobId: '01938b2e-4b5c-7d2a-9c3e-5f6a7b8c9d0e',
    node: 'host',
    devices: [0],
    coverMs: 1n,
    workload: create(WorkloadSchema, {
      command: ['a'],
      acceleratorClass: 'cpu.x86_64',
      devices: 1,
      memoryBytes: 1n,
      diskBytes: 1000n,
      ...workload,
    }),
    ...over,
  });

const around = (): Surroundings => ({
  isolation: 'namespaces',
  ownUsers: true,
  nodeBinary: '/node/bin/node',
  home: '/home',
  work: '/home/jobs/x/work',
  grant: { deviceNodes: ['/dev/nvidia1'], environment: { CUDA_VISIBLE_DEVICES: 'GPU-1' } },
  fileOf: (sha256) => `/files/${sha256}`,
});
