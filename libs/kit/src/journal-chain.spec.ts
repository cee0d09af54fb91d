import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalText, GENESIS, linkHash, verifyChain, type RecordText, type Seal } from './journal-chain.ts';

describe('the canonical text of a record', () => {
  it('is what the contract says, letter for letter', () => {
    const record = { ...aRecord(7n), tenantId: '00000000-0000-7000-8000-000000000001', before: '{"a": 1, "bb": "x"}' };
    expect(canonicalText(record)).toBe(
      '["7", "107", "2030-01-31T12:00:00.123456Z", "compute", "job.placed", "job 7", ' +
        '"00000000-0000-7000-8000-000000000001", {"a": 1, "bb": "x"}, null]',
    );
  });

  it('gives the hash that anybody computes who has only this sentence and a SHA-256', () => {
    const record = { ...aRecord(1n), subject: 'quotes " and \\ and\nlines, Zürich, 京都' };
    const bytes = Buffer.concat([Buffer.alloc(32), Buffer.from(canonicalText(record), 'utf8')]);
    expect(linkHash(GENESIS.hash, record)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('differs wherever a record does', () => {
    const texts = Object.entries({ seq: 8n, xid: 8n, at: 'x', actor: 'x', action: 'x', subject: 'x', before: '1' });
    const all = texts.map(([name, value]) => canonicalText({ ...aRecord(7n), [name]: value }));
    expect(new Set([...all, canonicalText(aRecord(7n))]).size).toBe(texts.length + 1);
  });
});

describe('a chain', () => {
  it('that nobody touched has no faults, whole or in stretches', () => {
    const { records, seals } = chain(10);
    expect(verifyChain(records, seals)).toEqual([]);
    expect(verifyChain(records.slice(4), seals.slice(4), seals[3])).toEqual([]);
    expect(verifyChain([], [])).toEqual([]);
  });

  it('says nothing of records that only wait for their seal', () => {
    const { records, seals } = chain(10);
    expect(verifyChain(records, seals.slice(0, 6))).toEqual([]);
  });

  it('names the record that was changed, and only that', () => {
    const { records, seals } = chain(10);
    records[4]!.actor = 'nobody';
    expect(found(records, seals)).toEqual([['RECORD_CHANGED', 5n, 5n]]);
  });

  it('names the record that is missing', () => {
    const { records, seals } = chain(10);
    records.splice(4, 1);
    expect(found(records, seals)).toEqual([['RECORD_MISSING', 5n, 5n]]);
  });

  it('names the record that was put between sealed ones', () => {
    const { records, seals } = chain(10);
    records.splice(4, 0, { ...aRecord(99n), xid: 104n });
    expect(found(records, seals)).toEqual([['RECORD_INSERTED', undefined, 99n]]);
  });

  it('names both records that changed places', () => {
    const { records, seals } = chain(10);
    [seals[3], seals[7]] = [
      { ...seals[3]!, seq: seals[7]!.seq, xid: seals[7]!.xid },
      { ...seals[7]!, seq: seals[3]!.seq, xid: seals[3]!.xid },
    ];
    expect(found(records, seals)).toEqual([
      ['RECORD_REORDERED', 4n, 8n],
      ['RECORD_REORDERED', 8n, 4n],
    ]);
  });

  it('tells a changed seal from a changed record by the seal after it', () => {
    const { records, seals } = chain(10);
    seals[4]!.hash = 'f'.repeat(64);
    expect(found(records, seals)).toEqual([['SEAL_CHANGED', 5n, 5n]]);
  });

  it('names a seal that is gone, with its record that lost it', () => {
    const { records, seals } = chain(10);
    seals.splice(4, 1);
    expect(found(records, seals)).toEqual([
      ['SEAL_MISSING', 5n, undefined],
      ['RECORD_INSERTED', undefined, 5n],
    ]);
  });

  it('does not begin in the middle', () => {
    const { records, seals } = chain(10);
    expect(found(records.slice(3), seals.slice(3))).toEqual([['SEAL_MISSING', 3n, undefined]]);
  });

  it('finds any single change of any record', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
    const field = fc.constantFrom('actor', 'action', 'subject', 'at', 'tenantId', 'before', 'after');
    fc.assert(
      fc.property(fc.nat(9), field, text, (n, name, value) => {
        const { records, seals } = chain(10);
        fc.pre(records[n]![name as 'actor'] !== value && value !== 'null');
        Object.assign(records[n]!, { [name]: value });
        const position = BigInt(n + 1);
        expect(found(records, seals)).toEqual([['RECORD_CHANGED', position, position]]);
      }),
    );
  });

  it('finds any number of records that are gone, and no others', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(19), { minLength: 1 }), (gone) => {
        const { records, seals } = chain(20);
        const faults = found(
          records.filter((_, n) => !gone.includes(n)),
          seals,
        );
        expect(faults).toEqual(gone.sort((a, b) => a - b).map((n) => ['RECORD_MISSING', BigInt(n + 1), BigInt(n + 1)]));
      }),
    );
  });
});

function aRecord(seq: bigint): RecordText {
  const at = '2030-01-31T12:00:00.123456Z';
  const who = { actor: 'compute', action: 'job.placed', subject: `job ${seq}` };
  return { seq, xid: 100n + seq, at, ...who, tenantId: null, before: null, after: null };
}

function chain(length: number): { records: RecordText[]; seals: Seal[] } {
  const records = Array.from({ length }, (_, n) => aRecord(BigInt(n + 1)));
  let { hash } = GENESIS;
  const seals = records.map((record, n) => {
    hash = linkHash(hash, record);
    return { position: BigInt(n + 1), hash, seq: record.seq, xid: record.xid };
  });
  return { records, seals };
}

const found = (records: RecordText[], seals: Seal[]) =>
  verifyChain(records, seals).map(({ kind, position, seq }) => [kind, position, seq]);
