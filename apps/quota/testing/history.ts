import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CommandSchema } from '@kontor/contracts/quota/v1/quota';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import type { ModelCause, ModelCommand } from '@kontor/ledger/reference-model';
import fc from 'fast-check';

/** One call of a history: time passes, and one of two replicas gets some commands. */
export interface Step {
  afterMs: number;
  replica: 0 | 1;
  commands: ModelCommand[];
}

const PROJECTS = ['p', 'q'];
const IDS = ['a', 'b', 'c', 'd'];
/** Priced so that costs are seldom whole, so that everything overflows, and not at all. */
export const RATES: Record<string, bigint> = { odd: 1_234_567n, huge: 1_000_000_000_000_000n };
/** Of project p: a share that leaves remainders, and the whole. Of project q: a purse that is soon empty. */
export const AWARDS = {
  most: { project: 'p', subsidyPpm: 333_333, ucr: 100_000n, lastsMs: 11_000 },
  whole: { project: 'p', subsidyPpm: 1_000_000, ucr: 60_000n, lastsMs: 7_000 },
  small: { project: 'q', subsidyPpm: 999_999, ucr: 5_000n, lastsMs: 30_000 },
};
const OWN_AWARD: Record<string, string> = { p: 'most', q: 'small' };
const CAUSES = Object.keys(Cause).filter(
  (name): name is ModelCause => Number.isNaN(Number(name)) && name !== 'UNSPECIFIED',
);
const CLASSES = ['odd', 'odd', 'odd', 'odd', 'odd', 'huge', 'free'];

const named = { project: fc.constantFrom(...PROJECTS), id: fc.constantFrom(...IDS) };
const MOST = 10n ** 15n;
/** Coarse, so that numbers meet their limits exactly now and then. */
const deviceMs = fc.oneof(
  { arbitrary: fc.bigInt(0n, 40n).map((n) => n * 10_007n), weight: 12 },
  { arbitrary: fc.constantFrom(0n, MOST - 1n, MOST), weight: 1 },
);
const timeoutMs = fc.bigInt(1n, 10n).map((seconds) => seconds * 1_000n);

const command: fc.Arbitrary<ModelCommand> = fc.oneof(
  fc
    .record({
      kind: fc.constant('reserve' as const),
      ...named,
      acceleratorClass: fc.constantFrom(...CLASSES),
      slots: fc.bigInt(1n, 3n),
      cover: deviceMs.map((ms) => (ms === 0n ? 1n : ms)),
      timeoutMs,
      award: fc.constantFrom(undefined, ...Object.keys(AWARDS), 'own', 'own', 'own'),
    })
    .map(({ award, ...rest }) => ({ ...rest, award: award === 'own' ? OWN_AWARD[rest.project] : award })),
  fc.record({ kind: fc.constant('advance' as const), ...named, used: deviceMs, cover: deviceMs, timeoutMs }),
  fc.record({
    kind: fc.constant('post' as const),
    ...named,
    used: deviceMs,
    cause: fc.constantFrom(...CAUSES),
  }),
  fc.record({ kind: fc.constant('void' as const), ...named }),
);

/** Few projects and fewer ids, so that commands meet; a repeated one now and then, so that duplicates are met too. */
export const history: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    afterMs: fc.nat(6).map((n) => n * 1_000),
    replica: fc.constantFrom(0 as const, 1 as const),
    commands: fc
      .array(fc.tuple(command, fc.boolean()), { minLength: 1, maxLength: 6 })
      .map((pairs) => pairs.flatMap(([one, twice]) => (twice ? [one, one] : [one]))),
  }),
  { minLength: 4, maxLength: 12 },
);

type Names = (name: string) => string;

/** A command as the contract has it. */
export function toMessage(command: ModelCommand, ids: Names): MessageInitShape<typeof CommandSchema> {
  const named = { project: { tenantId: ids('tenant'), projectId: ids(command.project) }, id: ids(command.id) };
  switch (command.kind) {
    case 'reserve': {
      const { acceleratorClass, slots, cover: coverDeviceMs, timeoutMs, award } = command;
      const awardId = award === undefined ? '' : ids(award);
      const terms = { acceleratorClass, slots: Number(slots), coverDeviceMs, timeoutMs, awardId };
      return { command: { case: 'reserve', value: { ...named, ...terms } } };
    }
    case 'advance': {
      const { used: usedDeviceMs, cover: coverDeviceMs, timeoutMs } = command;
      return { command: { case: 'advance', value: { ...named, usedDeviceMs, coverDeviceMs, timeoutMs } } };
    }
    case 'post': {
      const { used: usedDeviceMs, cause } = command;
      return { command: { case: 'post', value: { ...named, usedDeviceMs, cause: Cause[cause] } } };
    }
    case 'void':
      return { command: { case: 'void', value: named } };
    case 'expire':
      throw new Error('Nobody asks for that: time does.');
  }
}
