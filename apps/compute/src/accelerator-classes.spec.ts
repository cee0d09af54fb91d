import { describe, expect, it } from '@jest/globals';
import { isCpu, parseAcceleratorClasses, readAcceleratorClasses } from './accelerator-classes.ts';

describe('the accelerator classes', () => {
  it('come from one file, each once', () => {
    const classes = readAcceleratorClasses();

    expect(classes.length).toBeGreaterThanOrEqual(12);
    expect(new Set(classes.map(({ name }) => name)).size).toBe(classes.length);
  });

  it('say what export rules and engines call a device', () => {
    const h100 = readAcceleratorClasses().find(({ name }) => name === 'nvidia.h100.sxm5.80g');

    expect(h100).toMatchObject({
      vendor: 'nvidia',
      memoryBytes: 80n * 2n ** 30n,
      tdpW: 700,
      eccn: '3A090.a',
      tpp: 15832,
      kubernetesResource: 'nvidia.com/gpu',
      slurmGres: 'gpu:h100',
    });
  });

  it('leave empty what does not apply to cores', () => {
    expect(readAcceleratorClasses()[0]).toMatchObject({ name: 'cpu.x86_64', memoryBytes: 0n, eccn: '', tpp: 0 });
  });

  it('are cores exactly where the name begins with cpu.', () => {
    expect(isCpu('cpu.aarch64')).toBe(true);
    expect(isCpu('cpuless.device')).toBe(false);
  });

  it.each([
    ['another version', { version: 2, classes: [{ name: 'cpu.x86_64' }] }],
    ['no classes', { version: 1, classes: [] }],
    ['a name with a space', { version: 1, classes: [{ name: 'nvidia h100' }] }],
    ['a name in capitals', { version: 1, classes: [{ name: 'NVIDIA.H100' }] }],
    ['the same name twice', { version: 1, classes: [{ name: 'cpu.x86_64' }, { name: 'cpu.x86_64' }] }],
    ['a key that no class has', { version: 1, classes: [{ name: 'cpu.x86_64', colour: 'red' }] }],
    ['memory that is not a whole number', { version: 1, classes: [{ name: 'cpu.x86_64', memoryBytes: '1.5' }] }],
  ])('are refused with %s', (_, content) => {
    expect(() => parseAcceleratorClasses(content)).toThrow();
  });
});
