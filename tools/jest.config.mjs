import preset from '../jest.preset.mjs';

// By itself Jest leaves one core idle. Where suites share a PostgreSQL it must: a transaction that one has open
// holds up the journal of another.
export default { ...preset, maxWorkers: '100%' };
