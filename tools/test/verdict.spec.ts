import { describe, expect, it } from '@jest/globals';
import { shortcomings, sum, type JestResult } from './verdict.ts';

describe('the verdict of npm test', () => {
  it('sums the tests of all projects', () => {
    const one = result({ numPassedTests: 3, numFailedTests: 1 });
    const other = result({ numPassedTests: 4, numPendingTests: 2 });
    expect(sum([one, other])).toEqual({ passed: 7, failed: 1, leftOut: 2 });
  });

  it('counts a file that could not be loaded as failed', () => {
    expect(sum([result({ numRuntimeErrorTestSuites: 1 })])).toEqual({ passed: 0, failed: 1, leftOut: 0 });
  });

  const good = { passed: 9, failed: 0, leftOut: 0 };
  const cases = {
    'all is well': { faults: shortcomings([], good, true), expected: [] },
    'the lint failed, and no test': { faults: shortcomings(['linting'], good, false), expected: ['Failed: linting.'] },
    'no test was found': { faults: shortcomings([], { ...good, passed: 0 }, false), expected: ['No test ran.'] },
    'a test failed behind the back of its step': {
      faults: shortcomings([], { ...good, failed: 1 }, false),
      expected: ['Tests failed, and no step said so.'],
    },
    'a part is missing at home': { faults: shortcomings([], { ...good, leftOut: 2 }, false), expected: [] },
    'a part is missing in CI': {
      faults: shortcomings([], { ...good, leftOut: 2 }, true),
      expected: ['2 tests were left out; with CI=true none may be.'],
    },
  };

  it.each(Object.entries(cases))('when %s', (_, { faults, expected }) => {
    expect(faults).toEqual(expected);
  });

  function result(counts: Partial<JestResult>): JestResult {
    const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
    return { ...none, numRuntimeErrorTestSuites: 0, ...counts };
  }
});
