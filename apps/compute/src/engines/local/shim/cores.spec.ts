import { describe, expect, it } from '@jest/globals';
import { onCores } from './cores.ts';

const status = (list: string) => `Name:\tnode\nCpus_allowed_list:\t${list}\nMems_allowed_list:\t0\n`;

describe('a program', () => {
  it.each([
    ['the first of a whole machine', [0], '0-7', '0'],
    ['several', [0, 2], '0-7', '0,2'],
    ['the first of a part of a machine', [0], '4-5,9', '4'],
    ['the last of a part of a machine', [2], '4-5,9', '9'],
  ])('is kept on its cores: %s', (_, cores, list, named) => {
    expect(onCores(cores, status(list))).toEqual(['taskset', '--cpu-list', named]);
  });

  it('runs anywhere where cores are not its devices, or cannot be known', () => {
    expect(onCores(undefined, status('0-7'))).toEqual([]);
    expect(onCores([9], status('0-7'))).toEqual([]);
    expect(onCores([0], 'Name:\tnode\n')).toEqual([]);
  });
});
