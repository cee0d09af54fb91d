import { startLedger } from '/work/main/tools/bench/ledger-under-load.ts';
import { stream, unary, batch } from '/work/main/tools/bench/load.ts';
const mode = process.argv[2];
await using l = await startLedger(334);
const f = mode === 'stream' ? stream : mode === 'batch' ? batch : unary;
for (let i = 0; i < 4; i++) console.log(mode, Math.round(await f(l.compute, l.projects, 3)));
