// Trains a small neural network to read handwritten digits. Runs in its working directory and uses no packages.
//
//   reads    digits.bin          the pictures and their labels, in the format that pack-digits.mjs documents
//   writes   model.safetensors   the weights of the network
//            metrics.json        how well it reads digits that it was not trained on
//
// The network is 784 pixels -> 64 hidden units (ReLU) -> 10 scores (softmax), trained with stochastic gradient descent
// and momentum on the cross-entropy loss. On SIGTERM it saves what it has learned so far and exits with 143.

import { readFileSync, writeFileSync } from 'node:fs';
import { setImmediate as letSignalsIn } from 'node:timers/promises';

const PIXELS = 28 * 28;
const CLASSES = 10;
const HIDDEN_UNITS = 64;
const HELD_OUT = 1756;
const EPOCHS = 12;
const BATCH_DIGITS = 32;
const LEARNING_RATE = 0.05;
const MOMENTUM = 0.9;
const SEED = 7;

let stopRequested = false;
process.on('SIGTERM', () => {
  stopRequested = true;
});

const startedMs = performance.now();
const random = seededRandom(SEED);
const digits = readDigits('digits.bin');
const trainingCount = digits.count - HELD_OUT;

const hiddenWeight = parameter('hidden.weight', [HIDDEN_UNITS, PIXELS]);
const hiddenBias = parameter('hidden.bias', [HIDDEN_UNITS]);
const outputWeight = parameter('output.weight', [CLASSES, HIDDEN_UNITS]);
const outputBias = parameter('output.bias', [CLASSES]);
const parameters = [hiddenWeight, hiddenBias, outputWeight, outputBias];

// What the network computes for the digit at hand, and how the loss changes with each of these values.
const hidden = new Float32Array(HIDDEN_UNITS);
const hiddenGradient = new Float32Array(HIDDEN_UNITS);
const scores = new Float32Array(CLASSES);
const scoresGradient = new Float32Array(CLASSES);

const finishedEpochs = await train();
const complete = finishedEpochs === EPOCHS;
save();
process.exitCode = complete ? 0 : 143;

async function train() {
  const order = Uint32Array.from({ length: trainingCount }, (_, index) => index);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    // Large steps find the way, small ones settle: the rate falls in a straight line.
    const learningRate = LEARNING_RATE * (1 - epoch / EPOCHS);
    let loss = 0;
    shuffle(order);
    for (let start = 0; start < trainingCount; start += BATCH_DIGITS) {
      await letSignalsIn();
      if (stopRequested) return epoch;
      const batch = order.subarray(start, start + BATCH_DIGITS);
      for (const index of batch) loss += learnFrom(pixelsOf(index), digits.labels[index]);
      applyGradients(learningRate, batch.length);
    }
    const meanLoss = (loss / trainingCount).toFixed(4);
    const accuracy = (evaluate().correct / HELD_OUT).toFixed(4);
    console.log(`epoch ${epoch + 1}/${EPOCHS} loss ${meanLoss} held-out accuracy ${accuracy}`);
  }
  return EPOCHS;
}

function predict(pixels) {
  weigh(hiddenWeight.values, hiddenBias.values, pixels, hidden);
  for (let unit = 0; unit < HIDDEN_UNITS; unit++) hidden[unit] = Math.max(0, hidden[unit]);
  weigh(outputWeight.values, outputBias.values, hidden, scores);
}

function weigh(weight, bias, inputs, outputs) {
  for (let output = 0; output < outputs.length; output++) {
    const row = output * inputs.length;
    let sum = bias[output];
    for (let input = 0; input < inputs.length; input++) sum += weight[row + input] * inputs[input];
    outputs[output] = sum;
  }
}

/** Adds one digit's share to the gradients, from the loss back to the pixels, and returns its loss. */
function learnFrom(pixels, label) {
  predict(pixels);

  // Softmax. Subtracting the highest score changes nothing but keeps exp from overflowing.
  const highest = Math.max(...scores);
  let total = 0;
  for (const score of scores) total += Math.exp(score - highest);
  for (let digit = 0; digit < CLASSES; digit++) {
    const probability = Math.exp(scores[digit] - highest) / total;
    scoresGradient[digit] = probability - (digit === label ? 1 : 0);
  }
  addGradients(outputWeight.gradients, outputBias.gradients, hidden, scoresGradient);

  for (let unit = 0; unit < HIDDEN_UNITS; unit++) {
    let sum = 0;
    for (let digit = 0; digit < CLASSES; digit++) {
      sum += outputWeight.values[digit * HIDDEN_UNITS + unit] * scoresGradient[digit];
    }
    hiddenGradient[unit] = hidden[unit] > 0 ? sum : 0;
  }
  addGradients(hiddenWeight.gradients, hiddenBias.gradients, pixels, hiddenGradient);

  return Math.log(total) + highest - scores[label];
}

function addGradients(weightGradients, biasGradients, inputs, outputGradients) {
  for (let output = 0; output < outputGradients.length; output++) {
    const gradient = outputGradients[output];
    // About half of the hidden units are silent for a given digit and learn nothing from it.
    if (gradient === 0) continue;
    const row = output * inputs.length;
    for (let input = 0; input < inputs.length; input++) weightGradients[row + input] += gradient * inputs[input];
    biasGradients[output] += gradient;
  }
}

function applyGradients(learningRate, digitsInBatch) {
  for (const { values, gradients, velocities } of parameters) {
    for (let i = 0; i < values.length; i++) {
      velocities[i] = MOMENTUM * velocities[i] - (learningRate * gradients[i]) / digitsInBatch;
      values[i] += velocities[i];
    }
    gradients.fill(0);
  }
}

/** Reads every held-out digit. A row of the confusion matrix is the digit shown, a column the digit read. */
function evaluate() {
  const confusion = Array.from({ length: CLASSES }, () => new Array(CLASSES).fill(0));
  let correct = 0;
  for (let index = trainingCount; index < digits.count; index++) {
    predict(pixelsOf(index));
    const shown = digits.labels[index];
    const read = scores.indexOf(Math.max(...scores));
    confusion[shown][read]++;
    if (read === shown) correct++;
  }
  return { correct, confusion };
}

function save() {
  const { correct, confusion } = evaluate();
  const metrics = {
    complete,
    accuracy: correct / HELD_OUT,
    correct,
    held_out: HELD_OUT,
    epochs: finishedEpochs,
    seconds: Math.round(performance.now() - startedMs) / 1000,
    parameters: parameters.reduce((sum, { values }) => sum + values.length, 0),
    seed: SEED,
    confusion,
  };
  // The metrics come last: whoever sees them knows that the model is there too.
  writeFileSync('model.safetensors', encodeSafetensors());
  writeFileSync('metrics.json', `${JSON.stringify(metrics, null, 2)}\n`);
}

/** https://huggingface.co/docs/safetensors: the header's length, the header in JSON, then the tensors end to end. */
function encodeSafetensors() {
  const header = {
    __metadata__: { format: 'pt', epochs: String(finishedEpochs), complete: String(complete), seed: String(SEED) },
  };
  let offset = 0;
  for (const { name, shape, values } of parameters) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = JSON.stringify(header);
  // Readers map the tensors into memory, so these have to start at a multiple of eight bytes.
  const paddedJson = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const headerBytes = Buffer.alloc(8);
  headerBytes.writeBigUInt64LE(BigInt(paddedJson.length));
  return Buffer.concat([headerBytes, paddedJson, ...parameters.map(({ values }) => Buffer.from(values.buffer))]);
}

function readDigits(path) {
  let file;
  try {
    file = readFileSync(path);
  } catch (error) {
    giveUp(`Cannot read ${path} in the working directory (${error.code}): make it with node pack-digits.mjs ${path}`);
  }
  const headerBytes = 20;
  if (file.length < headerBytes || file.toString('latin1', 0, 8) !== 'KDIGITS1') {
    giveUp(`${path} is not a pack of digits: make a new one with node pack-digits.mjs ${path}`);
  }
  const count = file.readUInt32LE(8);
  const pixelsPerDigit = file.readUInt32LE(12) * file.readUInt32LE(16);
  if (pixelsPerDigit !== PIXELS || count <= HELD_OUT) {
    giveUp(`${path} has ${count} digits of ${pixelsPerDigit} pixels: needed are more than ${HELD_OUT} of ${PIXELS}`);
  }
  const labels = file.subarray(headerBytes, headerBytes + count);
  if (file.length !== headerBytes + count * (1 + PIXELS) || labels.some((label) => label >= CLASSES)) {
    giveUp(`${path} is damaged or cut short: make a new one with node pack-digits.mjs ${path}`);
  }
  const pixels = new Float32Array(file.subarray(headerBytes + count)).map((ink) => ink / 255);
  return { count, labels, pixels };
}

function pixelsOf(index) {
  return digits.pixels.subarray(index * PIXELS, (index + 1) * PIXELS);
}

/** Biases start at zero, weights at random in a range that keeps signals from fading or growing (He et al., 2015). */
function parameter(name, shape) {
  const values = new Float32Array(shape.reduce((product, size) => product * size));
  const [, inputs] = shape;
  if (inputs !== undefined) {
    const limit = Math.sqrt(6 / inputs);
    for (let i = 0; i < values.length; i++) values[i] = (2 * random() - 1) * limit;
  }
  const gradients = new Float32Array(values.length);
  const velocities = new Float32Array(values.length);
  return { name, shape, values, gradients, velocities };
}

function shuffle(items) {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [items[last], items[other]] = [items[other], items[last]];
  }
}

// Mulberry32: Math.random cannot be seeded, and with a seed every run gives the same model.
function seededRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

function giveUp(sentence) {
  console.error(sentence);
  process.exit(2);
}
