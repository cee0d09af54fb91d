import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { packDigits } from './pack-digits.mjs';

// Training takes some ten seconds, and longer on a busy machine.
jest.setTimeout(120_000);

const PACK_SHA256 = 'cdc0d899e62279c9cb26613886c3f8378b5a9ac722272af09dc0a1adcea79de2';
const DIGITS = 10_000;
const PIXELS = 784;

interface Metrics {
  complete: boolean;
  accuracy: number;
  correct: number;
  held_out: number;
  epochs: number;
  seconds: number;
  parameters: number;
  seed: number;
  confusion: number[][];
}

interface Tensor {
  shape: number[];
  values: Float32Array;
}

describe('the digits example', () => {
  const folders: string[] = [];
  let pack: Buffer;

  beforeAll(() => {
    pack = packDigits();
  });

  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  function workingDirectory(digits?: Buffer): string {
    const folder = mkdtempSync(join(tmpdir(), 'kontor-digits-'));
    folders.push(folder);
    if (digits !== undefined) writeFileSync(join(folder, 'digits.bin'), digits);
    return folder;
  }

  it('packs the same bytes every time, as a function and as a program', async () => {
    const folder = workingDirectory();
    const packing = await run('pack-digits.mjs', folder, ['digits.bin']);

    expect(packing).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(sha256(pack)).toBe(PACK_SHA256);
    expect(sha256(readFileSync(join(folder, 'digits.bin')))).toBe(PACK_SHA256);
  });

  it('packs all digits of the package, every class spread over the file', () => {
    expect(pack.length).toBe(20 + DIGITS * (1 + PIXELS));
    expect([pack.readUInt32LE(8), pack.readUInt32LE(12), pack.readUInt32LE(16)]).toEqual([DIGITS, 28, 28]);
    const labels = pack.subarray(20, 20 + DIGITS);
    expect(countLabels(labels)).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    expect(Math.min(...countLabels(labels.subarray(0, 1000)))).toBeGreaterThan(60);
  });

  it('says where to write when the pack has no path', async () => {
    const packing = await run('pack-digits.mjs', workingDirectory());

    expect(packing.exitCode).toBe(2);
    expect(packing.stderr).toMatch(/^Say where to write the digits.*\n$/);
  });

  it('learns to read held-out digits and saves weights that read them just as well', async () => {
    const folder = workingDirectory(pack);
    const training = await run('train.mjs', folder);

    expect(training).toMatchObject({ exitCode: 0, stderr: '' });
    const lines = training.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(12);
    lines.forEach((line, index) => {
      expect(line).toMatch(/^epoch \d+\/12 loss \d\.\d{4} held-out accuracy [01]\.\d{4}$/);
      expect(line).toContain(`epoch ${index + 1}/12 `);
    });

    const metrics = readMetrics(folder);
    expect(metrics).toMatchObject({ complete: true, held_out: 1756, epochs: 12, parameters: 50_890, seed: 7 });
    expect(metrics.accuracy).toBeGreaterThan(0.9);
    expect(metrics.seconds).toBeGreaterThan(0);
    expectMetricsOfModel(metrics, folder, pack);
  });

  it('saves a checkpoint when it is told to stop', async () => {
    const folder = workingDirectory(pack);
    const training = await run('train.mjs', folder, [], { stopAfter: 'epoch 1/' });

    expect(training).toMatchObject({ exitCode: 143, stderr: '' });
    const metrics = readMetrics(folder);
    expect(metrics.complete).toBe(false);
    expect(metrics.epochs).toBeGreaterThanOrEqual(1);
    expect(metrics.epochs).toBeLessThan(12);
    expect(metrics.accuracy).toBeGreaterThan(0.7);
    expectMetricsOfModel(metrics, folder, pack);
  });

  describe('refuses digits.bin', () => {
    const changed = (change: (copy: Buffer) => void): Buffer => {
      const copy = Buffer.from(pack);
      change(copy);
      return copy;
    };

    it.each<[string, () => Buffer | undefined, RegExp]>([
      ['that is missing', () => undefined, /^Cannot read digits\.bin .*ENOENT/],
      ['that is empty', () => Buffer.alloc(0), /is not a pack of digits/],
      ['that is something else', () => Buffer.from('label,pixel0,pixel1,pixel2\n'), /is not a pack of digits/],
      ['that is cut short', () => pack.subarray(0, -1), /is damaged or cut short/],
      ['with a label above 9', () => changed((copy) => copy.writeUInt8(10, 20)), /is damaged or cut short/],
      ['with smaller pictures', () => changed((copy) => copy.writeUInt32LE(14, 12)), /10000 digits of 392 pixels/],
      ['with too few digits', () => changed((copy) => copy.writeUInt32LE(5, 8)), /has 5 digits/],
    ])('%s', async (_, digits, sentence) => {
      const folder = workingDirectory(digits());
      const training = await run('train.mjs', folder);

      expect(training).toMatchObject({ exitCode: 2, stdout: '' });
      expect(training.stderr).toMatch(sentence);
      expect(training.stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(existsSync(join(folder, 'metrics.json'))).toBe(false);
      expect(existsSync(join(folder, 'model.safetensors'))).toBe(false);
    });
  });
});

interface Finished {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

function run(program: string, cwd: string, args: string[] = [], { stopAfter = '' } = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, program), ...args], {
      cwd,
      // The test runner's own options for Node would add warnings to stderr.
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stopAfter !== '' && stdout.includes(stopAfter)) child.kill('SIGTERM');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

function readMetrics(folder: string): Metrics {
  return JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8')) as Metrics;
}

/** Reads every held-out digit with the saved weights and expects exactly the saved metrics. */
function expectMetricsOfModel(metrics: Metrics, folder: string, pack: Buffer): void {
  const { metadata, tensors } = readSafetensors(readFileSync(join(folder, 'model.safetensors')));
  expect(metadata).toEqual({
    format: 'pt',
    epochs: String(metrics.epochs),
    complete: String(metrics.complete),
    seed: String(metrics.seed),
  });
  expect([...tensors].map(([name, { shape }]) => [name, shape])).toEqual([
    ['hidden.weight', [64, PIXELS]],
    ['hidden.bias', [64]],
    ['output.weight', [10, 64]],
    ['output.bias', [10]],
  ]);

  const confusion = Array.from({ length: 10 }, () => Array.from({ length: 10 }, () => 0));
  for (let index = DIGITS - metrics.held_out; index < DIGITS; index++) {
    const start = 20 + DIGITS + index * PIXELS;
    const pixels = Float32Array.from(pack.subarray(start, start + PIXELS), (ink) => ink / 255);
    const hidden = layer(tensors, 'hidden', pixels).map((sum) => Math.max(0, sum));
    const scores = layer(tensors, 'output', hidden);
    const row = confusion[pack.readUInt8(20 + index)] ?? [];
    const read = scores.indexOf(Math.max(...scores));
    row[read] = at(row, read) + 1;
  }
  const correct = confusion.reduce((sum, row, digit) => sum + at(row, digit), 0);
  expect(metrics.confusion).toEqual(confusion);
  expect(metrics.correct).toBe(correct);
  expect(metrics.accuracy).toBe(correct / metrics.held_out);
}

function layer(tensors: Map<string, Tensor>, name: string, inputs: Float32Array): Float32Array {
  const weight = tensors.get(`${name}.weight`)?.values ?? new Float32Array();
  const bias = tensors.get(`${name}.bias`)?.values ?? new Float32Array();
  return bias.map((start, output) =>
    inputs.reduce((sum, input, i) => sum + at(weight, output * inputs.length + i) * input, start),
  );
}

/** Checks what the format demands: an aligned header, string metadata, and tensors end to end without gaps. */
function readSafetensors(file: Buffer): { metadata: unknown; tensors: Map<string, Tensor> } {
  const headerLength = Number(file.readBigUInt64LE(0));
  expect(headerLength % 8).toBe(0);
  const json = file.toString('utf8', 8, 8 + headerLength);
  expect(json).toMatch(/^\{.*\} *$/);
  const { __metadata__: metadata, ...entries } = JSON.parse(json) as Record<string, unknown>;

  const data = file.subarray(8 + headerLength);
  const tensors = new Map<string, Tensor>();
  let end = 0;
  for (const [name, entry] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = entry as { dtype: string; shape: number[]; data_offsets: [number, number] };
    expect(dtype).toBe('F32');
    const [start, stop] = data_offsets;
    expect(start).toBe(end);
    const values = new Float32Array((stop - start) / 4).map((_, i) => data.readFloatLE(start + i * 4));
    expect(values).toHaveLength(shape.reduce((product, size) => product * size));
    tensors.set(name, { shape, values });
    end = stop;
  }
  expect(data.length).toBe(end);
  return { metadata, tensors };
}

// A value that is missing turns every sum it enters into NaN, which no expectation accepts.
function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}

function countLabels(labels: Buffer): number[] {
  return Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
