import { afterAll, beforeAll, describe } from '@jest/globals';
import { Bench, type EngineUnderTest } from './conformance/bench.ts';
import { capacityCases } from './conformance/capacity.ts';
import { checkpointCases } from './conformance/checkpoints.ts';
import { containmentCases } from './conformance/containment.ts';
import { coverCases } from './conformance/cover.ts';
import { fileCases } from './conformance/files.ts';
import { isolationCases } from './conformance/isolation.ts';
import { limitCases } from './conformance/limits.ts';
import { logCases } from './conformance/logs.ts';
import { outputCases } from './conformance/outputs.ts';
import { pauseCases } from './conformance/pausing.ts';
import { programCases } from './conformance/programs.ts';
import { recoveryCases } from './conformance/recovery.ts';
import { stopCases } from './conformance/stopping.ts';
import { submissionCases } from './conformance/submissions.ts';

/** What an engine may lack and still be one. */
export interface Abilities {
  /** Keeps jobs from the network, from each other and from Kontor's files. */
  isolates: boolean;
}

/**
 * What every cluster engine must do, as the contract kontor.engine.v1 says it: registers the cases with Jest.
 *
 * @param setup brings up an engine with nothing in it; it is closed at the end
 */
export function engineConformance(name: string, setup: () => Promise<EngineUnderTest>, abilities: Abilities): void {
  describe(`${name} as a cluster engine`, () => {
    const bench = new Bench();
    beforeAll(async () => bench.bringUp(await setup()));
    afterAll(() => bench.tearDown());

    capacityCases(bench);
    fileCases(bench);
    submissionCases(bench);
    programCases(bench);
    outputCases(bench);
    logCases(bench);
    limitCases(bench);
    containmentCases(bench);
    stopCases(bench);
    pauseCases(bench);
    coverCases(bench);
    checkpointCases(bench);
    if (abilities.isolates) isolationCases(bench);
    recoveryCases(bench);
  });
}
