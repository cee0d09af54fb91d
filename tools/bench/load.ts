import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  ReservationSchema,
  type CommandResult,
  type QuotaService,
  type ReserveRequest,
  type ReserveRequestSchema,
} from '@kontor/contracts/quota/v1/quota';
import type { Client } from '@kontor/kit/grpc';
import { uuid7 } from '@kontor/kit/id';
import { ASSETS, CLASS } from './ledger-under-load.ts';
import type { Payer } from './subsidise.ts';

type Quota = Pick<Client<typeof QuotaService>, 'reserve' | 'executeBatch' | 'executeStream'>;

const UNARY_IN_FLIGHT = 64;
const BATCHES_IN_FLIGHT = 4;
const BATCH_SIZE = 500;
const STREAM_WINDOW = 1_024;

interface Reserve {
  case: 'reserve';
  value: MessageInitShape<typeof ReserveRequestSchema>;
}

/** Each reservation of its own project in turn, with an id of its own; an award pays a share. */
function* requests(payers: Payer[]): Generator<Reserve> {
  for (let n = 0; ; n++) {
    const payer = payers[n % payers.length];
    if (!payer) throw new Error('No project to reserve for.');
    const terms = { acceleratorClass: CLASS, slots: 1, coverDeviceMs: 60_000n, timeoutMs: 3_600_000n };
    yield { case: 'reserve', value: { ...payer, ...terms, id: uuid7() } };
  }
}

const mustBeReserved = ({ result }: CommandResult): void => {
  if (result.case !== 'reservation') throw new Error(`A reservation was refused: ${JSON.stringify(result.value)}`);
};

/** Reservations per second, one message each, 64 at a time. */
export async function unary(quota: Quota, payers: Payer[], seconds: number): Promise<number> {
  const next = requests(payers);
  return perSecond(seconds, UNARY_IN_FLIGHT, async () => {
    await quota.reserve(next.next().value.value);
    return 1;
  });
}

/** Reservations per second, 500 to a message, four messages at a time. */
export async function batch(quota: Quota, payers: Payer[], seconds: number): Promise<number> {
  const next = requests(payers);
  return perSecond(seconds, BATCHES_IN_FLIGHT, async () => {
    const commands = Array.from({ length: BATCH_SIZE }, () => ({ command: next.next().value }));
    const { results } = await quota.executeBatch({ commands }, { timeoutMs: 30_000 });
    results.forEach(mustBeReserved);
    return results.length;
  });
}

/** Reservations per second over one stream, at most 1,024 unanswered. */
export async function stream(quota: Quota, payers: Payer[], seconds: number): Promise<number> {
  const next = requests(payers);
  const began = performance.now();
  let sent = 0;
  let answered = 0;
  let wake = (): void => undefined;
  async function* commands() {
    while (performance.now() - began < seconds * 1000) {
      if (sent - answered >= STREAM_WINDOW)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      sent++;
      yield { command: { command: next.next().value } };
    }
  }
  for await (const { result } of quota.executeStream(commands())) {
    if (result) mustBeReserved(result);
    answered++;
    wake();
  }
  if (answered !== sent) throw new Error(`${sent} were sent and ${answered} answered.`);
  return answered / ((performance.now() - began) / 1000);
}

async function perSecond(seconds: number, inFlight: number, once: () => Promise<number>): Promise<number> {
  const began = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() - began < seconds * 1000) {
        const answered = await once();
        done += answered;
      }
    }),
  );
  return done / ((performance.now() - began) / 1000);
}

/** What an echo answers to a reservation: as many bytes as a real answer. */
export const echoOf = ({ project, id, acceleratorClass, slots, coverDeviceMs, awardId }: ReserveRequest) =>
  create(ReservationSchema, {
    ...(project && { project }),
    id,
    acceleratorClass,
    slots,
    coverDeviceMs,
    state: 1,
    ucrPerDeviceHour: 3_600_000n,
    awardId,
    subsidyPpm: 400_000,
    legs: ASSETS.map((asset) => ({
      asset,
      debitAccountId: id,
      creditAccountId: id,
      held: coverDeviceMs,
    })),
    createdAt: { seconds: 1_800_000_000n },
    expiresAt: { seconds: 1_800_003_600n },
  });
