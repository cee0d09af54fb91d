import preset from '../jest.preset.mjs';

// One whole operator at a time: jobs whose cover ends in seconds need a machine that answers in time.
export default { ...preset, maxWorkers: 1, testTimeout: 120_000 };
