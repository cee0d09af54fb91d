/** What Jest writes about one project, as far as it is read here. */
export interface JestResult {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  /** Files that could not even be loaded. */
  numRuntimeErrorTestSuites: number;
}

export interface Counts {
  passed: number;
  failed: number;
  leftOut: number;
}

/** The tests of all projects. A file that could not be loaded counts as a failed test, lest the sum hide it. */
export function sum(results: JestResult[]): Counts {
  const total = (count: (result: JestResult) => number) => results.reduce((sofar, result) => sofar + count(result), 0);
  return {
    passed: total((result) => result.numPassedTests),
    failed: total((result) => result.numFailedTests + result.numRuntimeErrorTestSuites),
    leftOut: total((result) => result.numPendingTests + result.numTodoTests),
  };
}

/** What keeps a run from being good, in sentences; none where it is good. `strict` is CI, where nothing is left out. */
export function shortcomings(failedSteps: string[], { passed, failed, leftOut }: Counts, strict: boolean): string[] {
  return [
    ...failedSteps.map((title) => `Failed: ${title}.`),
    ...(passed + failed === 0 ? ['No test ran.'] : []),
    ...(failed > 0 && failedSteps.length === 0 ? ['Tests failed, and no step said so.'] : []),
    ...(strict && leftOut > 0 ? [`${leftOut} tests were left out; with CI=true none may be.`] : []),
  ];
}
