import { describe, expect, it } from '@jest/globals';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Decision_Verdict as Verdict, type Decision } from '@kontor/contracts/compute/v1/compute';
import { Capacity_Isolation as Isolation } from '@kontor/contracts/engine/v1/engine';
import { aNode, aPool, aRequest, aSnapshot, CPU, GIB, H100, OPERATOR_TENANT } from '../testing/builders.ts';
import { admit } from './admission.ts';
import type { AdmissionRequest, Snapshot } from './admission/rule.ts';

const DIGEST = 'a'.repeat(64);
const file = (sizeBytes = 10n) => ({ sha256: DIGEST, sizeBytes });
const input = (path: string) => ({ path, sha256: DIGEST });
const full = (): Snapshot['pools'] => [aPool({ nodes: [aNode({ freeDevices: [], freeCores: 0 })] })];
const verdictOf = ({ verdict, rule }: Decision): string => `${Verdict[verdict]} ${rule}`;
const means = (asset: string, available: bigint | undefined, held = 0n): Snapshot['means'] =>
  aSnapshot().means.map((one) => (one.asset === asset ? { asset, available, held } : one));

describe('admission', () => {
  it('places a job that can run and be paid for, at the price in force', () => {
    const decision = admit(aRequest({ devices: 2, timeLimitMs: 3_600_000n }), aSnapshot());

    expect(decision).toMatchObject({
      verdict: Verdict.PLACED,
      rule: 'placement',
      help: '',
      ucrPerDeviceHour: 3_600_000n,
      costUcrMax: 7_200_000n,
      placement: { clusterId: 'cluster-1', poolId: 'pool-1', node: 'n1', devices: [0, 1], billedMillidevices: 2000n },
    });
  });

  it('bills the largest share: half of the memory is half of the node', () => {
    const decision = admit(aRequest({ memoryBytes: 4n * GIB }), aSnapshot());
    expect(decision.placement?.billedMillidevices).toBe(2000n);
  });

  it('comes to the same verdict from the same facts, and says which they were', () => {
    const [request, snapshot] = [aRequest(), aSnapshot()];
    expect(admit(request, snapshot)).toEqual(admit(structuredClone(request), structuredClone(snapshot)));
    expect(admit(request, snapshot).inputsSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(admit(request, aSnapshot({ devicesHeld: 1 })).inputsSha256).not.toBe(admit(request, snapshot).inputsSha256);
  });

  describe('of a job that names an award', () => {
    const AWARD = '00000000-0000-7000-8000-0000000000aa';
    const endsAt = new Date(aSnapshot().takenAt.getTime() + 1_000);
    const award = { available: 1_000_000n, subsidyPpm: 400_000, endsAt };
    /** The first cover costs 60,000 µcr: 24,000 from the award and 36,000 from the project. */
    const judged = (facts: Partial<Snapshot>): Decision => admit({ ...aRequest(), awardId: AWARD }, aSnapshot(facts));

    it.each<[string, Partial<Snapshot>]>([
      ['where both have just enough', { award: { ...award, available: 24_000n }, means: means('CR:demo', 36_000n) }],
      [
        'where the award pays all and the project has nothing',
        { award: { ...award, subsidyPpm: 1_000_000 }, means: means('CR:demo', 0n) },
      ],
    ])('places it %s', (_, facts) => {
      expect(verdictOf(judged(facts))).toBe('PLACED placement');
    });

    it.each<[string, Partial<Snapshot>, RegExp]>([
      ['that the project does not have', {}, /has no award 00000000/],
      ['that has ended', { award: { ...award, endsAt: aSnapshot().takenAt } }, /The award ended on/],
      [
        'that has too little',
        { award: { ...award, available: 23_999n } },
        /The award has 0\.023999 credits; the first 60 s cost it 0\.024/,
      ],
      [
        'where the project lacks its own part',
        { award, means: means('CR:demo', 35_999n) },
        /The project has 0\.035999 credits; the first 60 s cost it 0\.036/,
      ],
    ])('refuses one %s', (_, facts, detail) => {
      const decision = judged(facts);
      expect(verdictOf(decision)).toBe('REFUSED budget');
      expect(decision.detail).toMatch(detail);
      expect(decision.help).not.toBe('');
    });
  });

  describe('refuses by shape', () => {
    it.each<[string, Parameters<typeof aRequest>[0], Partial<Snapshot>, RegExp]>([
      ['a class that nobody knows', { acceleratorClass: 'nvidia.h900' }, {}, /no accelerator class nvidia\.h900/],
      ['a program without a name', { command: [''] }, {}, /no name/],
      ['a command with a NUL', { command: ['sh', 'a\0b'] }, {}, /NUL/],
      ['a variable that cannot be one', { environment: { '1A': 'x' } }, {}, /"1A"/],
      ['a variable with an equals sign', { environment: { 'A=B': 'x' } }, {}, /"A=B"/],
      ['a variable of ours', { environment: { KONTOR_TOKEN: 'x' } }, {}, /Kontor's own/],
      ['a variable with a NUL', { environment: { A: '\0' } }, {}, /NUL/],
      [
        'more environment than a program can be handed',
        { environment: { A: 'x'.repeat(200_000) } },
        {},
        /bytes together/,
      ],
      ['an input that is not uploaded', { inputs: [input('a.bin')] }, {}, /keeps no file/],
      ['two inputs at one path', { inputs: [input('a'), input('a')] }, { files: [file()] }, /claim the path a/],
      ['an input inside another', { inputs: [input('a'), input('a/b')] }, { files: [file()] }, /claim the path a\/b/],
      [
        'inputs that are larger than the folder',
        { inputs: [input('a')], diskBytes: 2n ** 20n },
        { files: [file(2n ** 21n)] },
        /may hold/,
      ],
      ['an output twice', { outputs: ['a', 'a'] }, {}, /Two outputs/],
      ['more grace than time', { graceMs: 61_000n }, {}, /grace/],
      [
        'a checkpoint notice that leaves no time',
        { graceMs: 20_000n, checkpointNoticeMs: 40_000n },
        {},
        /checkpoint notice/,
      ],
      ['cores that are not the devices', { devices: 2, cores: 3 }, {}, /devices are the cores/],
      ['more devices than any node has', { devices: 5 }, {}, /No node is large enough/],
      ['more memory than any node has', { memoryBytes: 9n * GIB }, {}, /No node is large enough/],
    ])('%s', (_, wishes, facts, detail) => {
      const decision = admit(aRequest(wishes), aSnapshot(facts));
      expect(verdictOf(decision)).toBe('REFUSED shape');
      expect(decision.detail).toMatch(detail);
      expect(decision.help).not.toBe('');
      expect(decision.placement).toBeUndefined();
    });
  });

  it('lets cores be said twice where they are the devices', () => {
    expect(verdictOf(admit(aRequest({ devices: 2, cores: 2 }), aSnapshot()))).toBe('PLACED placement');
  });

  describe('by capacity', () => {
    it('refuses a class that no cluster has, and says which there are', () => {
      const decision = admit(aRequest({ acceleratorClass: H100 }), aSnapshot({ pools: [] }));
      expect(verdictOf(decision)).toBe('REFUSED capacity');
      expect(decision.help).toContain(CPU);
    });

    it.each<[string, Isolation, Partial<AdmissionRequest>, boolean, string]>([
      ['another tenant where jobs are not kept apart', Isolation.NONE, {}, false, 'REFUSED capacity'],
      ['another tenant where nobody says whether they are', Isolation.UNSPECIFIED, {}, false, 'REFUSED capacity'],
      ["the operator's own tenant there", Isolation.NONE, { tenantId: OPERATOR_TENANT }, false, 'PLACED placement'],
      ['any tenant once the operator says so', Isolation.NONE, {}, true, 'PLACED placement'],
      ['any tenant where jobs are kept apart', Isolation.NAMESPACES, {}, false, 'PLACED placement'],
    ])('judges %s', (_, isolation, who, admitsUnisolated, expected) => {
      const terms = { ...aSnapshot().terms, admitsUnisolated };
      expect(verdictOf(admit(aRequest({}, who), aSnapshot({ pools: [aPool({ isolation })], terms })))).toBe(expected);
    });
  });

  describe('by placement', () => {
    it('has a job wait for a cluster that does not answer', () => {
      expect(admit(aRequest(), aSnapshot({ pools: [aPool({ isReady: false })] }))).toMatchObject({
        verdict: Verdict.QUEUED,
        rule: 'placement',
      });
    });

    it('has a job wait for room, and says when it would start', () => {
      const endsAt = new Date('2030-01-01T00:05:00Z');
      const holding = {
        place: { poolId: 'pool-1', node: 'n1', devices: [0, 1, 2, 3] },
        demand: { devices: 4, cores: 4, memoryBytes: GIB },
        endsAt,
      };
      const decision = admit(aRequest(), aSnapshot({ pools: full(), holdings: [holding] }));

      expect(verdictOf(decision)).toBe('QUEUED placement');
      expect(decision.startsAbout && timestampDate(decision.startsAbout)).toEqual(endsAt);
      expect(decision.costUcrMax).toBe(60_000n);
    });

    it('does not let a newcomer pass those that waited before it', () => {
      const ahead = [{ demand: { devices: 4, cores: 4, memoryBytes: GIB }, timeLimitMs: 60_000n }];
      expect(verdictOf(admit(aRequest(), aSnapshot({ ahead })))).toBe('QUEUED placement');
    });

    it('lets a newcomer pass one that would not fit anyway', () => {
      const ahead = [{ demand: { devices: 4, cores: 4, memoryBytes: 9n * GIB }, timeLimitMs: 60_000n }];
      expect(verdictOf(admit(aRequest(), aSnapshot({ ahead })))).toBe('PLACED placement');
    });
  });

  describe('by price', () => {
    it.each<[string, Snapshot['rates'], string, bigint]>([
      ['refuses what has no price', [], 'REFUSED price', 0n],
      ['refuses what has none yet', [{ ucrPerDeviceHour: 1n, validFrom: new Date('2031-01-01') }], 'REFUSED price', 0n],
      [
        'takes the newest price in force',
        [
          { ucrPerDeviceHour: 1n, validFrom: new Date('2028-01-01') },
          { ucrPerDeviceHour: 2n, validFrom: new Date('2029-06-01') },
          { ucrPerDeviceHour: 3n, validFrom: new Date('2031-01-01') },
        ],
        'PLACED placement',
        2n,
      ],
      [
        'takes nothing where it is free',
        [{ ucrPerDeviceHour: 0n, validFrom: new Date('2028-01-01') }],
        'PLACED placement',
        0n,
      ],
    ])('%s', (_, rates, expected, rate) => {
      const decision = admit(aRequest(), aSnapshot({ rates }));
      expect([verdictOf(decision), decision.ucrPerDeviceHour]).toEqual([expected, rate]);
    });
  });

  describe('by budget', () => {
    it.each<[string, Partial<Snapshot>, string, RegExp]>([
      [
        'refuses who cannot pay for the first cover',
        { means: means('CR:demo', 59_999n) },
        'REFUSED budget',
        /has 0\.059999 credits; the first 60 s cost it 0\.06/,
      ],
      ['admits who can, to the last µcr', { means: means('CR:demo', 60_000n) }, 'PLACED placement', /Placed on n1/],
      [
        'admits whose credits have no limit',
        { means: means('CR:demo', undefined) },
        'PLACED placement',
        /Placed on n1/,
      ],
      ['refuses who has no credits account', { means: aSnapshot().means.slice(1) }, 'REFUSED budget', /has 0 credits/],
      [
        'refuses whose device time is used up',
        { means: means(`DEVICE_MS:${CPU}`, 59_999n) },
        'REFUSED budget',
        /device-hours/,
      ],
      [
        'refuses more devices than may be held at once',
        { means: means(`SLOTS:${CPU}`, 0n) },
        'REFUSED budget',
        /may hold 0 devices/,
      ],
      [
        'refuses who may hold no devices at all',
        { means: aSnapshot().means.slice(0, 2) },
        'REFUSED budget',
        /may hold 0 devices/,
      ],
      [
        "has a job wait for the project's own others",
        { means: means(`SLOTS:${CPU}`, 0n, 2n), devicesHeld: 2 },
        'QUEUED budget',
        /own jobs hold 2 of the 2/,
      ],
      [
        'counts what was placed since the ledger was asked',
        { devicesHeld: 4 },
        'QUEUED budget',
        /own jobs hold 4 of the 4/,
      ],
      [
        'admits who may hold any number',
        { means: means(`SLOTS:${CPU}`, undefined), devicesHeld: 99 },
        'PLACED placement',
        /Placed on n1/,
      ],
    ])('%s', (_, facts, expected, detail) => {
      const decision = admit(aRequest(), aSnapshot(facts));
      expect(verdictOf(decision)).toBe(expected);
      expect(decision.detail).toMatch(detail);
    });

    it('refuses rather than queues who could not pay when there is room', () => {
      expect(verdictOf(admit(aRequest(), aSnapshot({ pools: full(), means: means('CR:demo', 0n) })))).toBe(
        'REFUSED budget',
      );
    });
  });
});
