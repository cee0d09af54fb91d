import { createHash } from 'node:crypto';

/** A record as its columns' text, the way PostgreSQL prints them. */
export interface RecordText {
  seq: bigint;
  xid: bigint;
  /** In UTC to the microsecond: 2030-01-31T12:00:00.123456Z. */
  at: string;
  actor: string;
  action: string;
  subject: string;
  tenantId: string | null;
  /** jsonb as text, untouched: `{"a": 1}`. */
  before: string | null;
  after: string | null;
}

/** A place in the chain, and the hash that stands for everything up to it. */
export interface Link {
  position: bigint;
  /** In lower-case hexadecimal. */
  hash: string;
}

export interface Seal extends Link {
  /** The record sealed here. */
  seq: bigint;
  xid: bigint;
}

/** Before the first record. */
export const GENESIS: Link = { position: 0n, hash: '0'.repeat(64) };

export type FaultKind =
  'RECORD_CHANGED' | 'RECORD_MISSING' | 'RECORD_INSERTED' | 'RECORD_REORDERED' | 'SEAL_CHANGED' | 'SEAL_MISSING';

/** Something that does not fit, and where. */
export interface ChainFault {
  kind: FaultKind;
  position?: bigint;
  seq?: bigint;
  detail: string;
}

/**
 * A record's canonical text, which is hashed as UTF-8: the JSON array [seq, xid, at, actor, action, subject, tenant id,
 * before, after], with a comma and a space between items; seq and xid as strings; null for what is absent; before and
 * after in their place exactly as PostgreSQL prints them, because another writer of JSON orders keys and writes numbers
 * another way. Strings are escaped as JSON.stringify does, which is as PostgreSQL does.
 */
export const canonicalText = ({
  seq,
  xid,
  at,
  actor,
  action,
  subject,
  tenantId,
  before,
  after,
}: RecordText): string => {
  const named = [String(seq), String(xid), at, actor, action, subject, tenantId].map((value) => JSON.stringify(value));
  return `[${[...named, before ?? 'null', after ?? 'null'].join(', ')}]`;
};

/** SHA-256(hash before ‖ canonical text), in hexadecimal. */
export const linkHash = (before: string, record: RecordText): string =>
  createHash('sha256').update(Buffer.from(before, 'hex')).update(canonicalText(record)).digest('hex');

/**
 * Computes a stretch of the chain again and says what does not fit. Pure. It finds whatever was done to records and
 * seals by somebody who did not also compute every later hash anew; who did is found by a head noted down before.
 *
 * @param records those of the stretch, in any order, also such that have no seal
 * @param seals of the stretch, by position
 * @param start where the stretch before it ended
 */
export function verifyChain(records: RecordText[], seals: Seal[], start: Link = GENESIS): ChainFault[] {
  const recordOf = new Map(records.map((record) => [record.seq, record]));
  const places = placesOf(recordOf, seals, start);
  const broken = places.filter(({ isBroken }) => isBroken);
  const faults = places.flatMap((place, n) => faultsAt(place, places[n - 1], places[n + 1], broken));
  return [...faults, ...insertedFaults(records, seals)];
}

/** A seal with its record and the hash before it, undefined where the seal before it is gone. */
interface Place {
  seal: Seal;
  record: RecordText | undefined;
  before: string | undefined;
  /** Seals that should stand between the one before and this one. */
  gap: bigint;
  isBroken: boolean;
}

function placesOf(recordOf: Map<bigint, RecordText>, seals: Seal[], start: Link): Place[] {
  return seals.map((seal, n) => {
    const previous = seals[n - 1] ?? start;
    const gap = seal.position - previous.position - 1n;
    const before = gap === 0n ? previous.hash : undefined;
    const record = recordOf.get(seal.seq);
    const fits = record && before !== undefined ? linkHash(before, record) === seal.hash : true;
    return { seal, record, before, gap, isBroken: !fits || (record !== undefined && record.xid !== seal.xid) };
  });
}

function faultsAt(place: Place, previous: Place | undefined, next: Place | undefined, broken: Place[]): ChainFault[] {
  const { seal, record, gap } = place;
  const { position, seq } = seal;
  const faults: ChainFault[] = [];
  if (gap !== 0n) {
    const detail = `Before ${position} ${gap} seals are gone; the link after them cannot be checked.`;
    faults.push({ kind: 'SEAL_MISSING', position: position - 1n, detail });
  }
  if (!record) {
    faults.push({ kind: 'RECORD_MISSING', position, seq, detail: `The record ${seq} was sealed and is gone.` });
  } else if (place.isBroken && !(previous && wasResealed(previous, place))) {
    faults.push(next && wasResealed(place, next) ? resealed(place) : changed(place, broken));
  }
  return faults;
}

/** Whether the hash that a place should have is the one on which the next is built: then its record is as it was. */
function wasResealed({ isBroken, record, before }: Place, next: Place): boolean {
  if (!isBroken || !record || before === undefined || !next.record || next.gap !== 0n) return false;
  return linkHash(linkHash(before, record), next.record) === next.seal.hash;
}

const resealed = ({ seal: { position, seq } }: Place): ChainFault => ({
  kind: 'SEAL_CHANGED',
  position,
  seq,
  detail: `The seal ${position} is not the one on which the next was built; the record ${seq} is as it was.`,
});

/** Another record that fits the place says that the two were exchanged. */
function changed({ seal, before, record }: Place, broken: Place[]): ChainFault {
  const { position, seq } = seal;
  if (record && before !== undefined && linkHash(before, record) === seal.hash) {
    const detail = `The seal ${position} names another transaction than its record.`;
    return { kind: 'SEAL_CHANGED', position, seq, detail };
  }
  const other = broken.find(
    (place) => place.record && place.seal !== seal && linkHash(before ?? '', place.record) === seal.hash,
  );
  return other
    ? { kind: 'RECORD_REORDERED', position, seq, detail: `The record ${other.seal.seq} was sealed in this place.` }
    : { kind: 'RECORD_CHANGED', position, seq, detail: `The record ${seq} is not what was sealed.` };
}

/** What is newer than the last seal only waits for its own. */
function insertedFaults(records: RecordText[], seals: Seal[]): ChainFault[] {
  const last = seals.at(-1);
  if (!last) return [];
  const sealed = new Set(seals.map(({ seq }) => seq));
  return records
    .filter(({ xid, seq }) => !sealed.has(seq) && (xid < last.xid || (xid === last.xid && seq < last.seq)))
    .map(({ seq }) => ({
      kind: 'RECORD_INSERTED' as const,
      seq,
      detail: `The record ${seq} stands among sealed ones and has no seal.`,
    }));
}
