import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import type { Provider } from '@nestjs/common';
import {
  JournalFault_Kind as Kind,
  type JournalFaultSchema,
  type JournalRecordSchema,
  type JournalService,
  type ListJournalRequest,
  type VerifyJournalRequest,
} from '@kontor/contracts/journal/v1/journal';
import { DataSource, type EntityManager } from 'typeorm';
import type { Clock } from './clock.ts';
import type { Serves } from './grpc.ts';
import { countMutations, type MutationCount } from './journal-mutations.ts';
import { findRecords, NEWEST_RECORD_FIRST, readHead, type SealedRecord } from './journal-records.ts';
import { JournalSealer } from './journal-sealer.ts';
import { verifyJournal, type JournalVerdict } from './journal-verify.ts';
import { logger } from './log.ts';
import { pageOf } from './page.ts';
import { inScope } from './tenant-scope.ts';

/** What a service says of its journal. */
export interface JournalOptions {
  service: string;
  clock: Clock;
  /** How its mutations are counted without the journal. */
  counts: MutationCount[];
}

/** For a service's module: its journal sealed behind it, and served by `rpc(JournalService, JournalController)`. */
export const journalProviders = ({ service, clock, counts }: JournalOptions): Provider[] => [
  {
    provide: JournalSealer,
    inject: [DataSource],
    useFactory: (dataSource: DataSource) => new JournalSealer(dataSource, clock, logger(service)),
  },
  {
    provide: JournalController,
    inject: [DataSource],
    useFactory: (dataSource: DataSource) => new JournalController(dataSource, counts),
  },
];

const VERIFIED_MAX = 10_000;

/** The journal of one service, read across tenants: the contract lets in operator staff and auditors alone. */
export class JournalController implements Serves<typeof JournalService> {
  constructor(
    private readonly dataSource: DataSource,
    private readonly counts: MutationCount[],
  ) {}

  async listJournal(request: ListJournalRequest) {
    const { size, after, cut } = pageOf(request, NEWEST_RECORD_FIRST);
    const [since, until] = [request.since, request.until].map((at) => at && timestampDate(at));
    const found = await this.#read((tx) =>
      findRecords(tx, { ...request, since, until }, size + 1, after && BigInt(after[0])),
    );
    const { items, page } = cut(found, ({ seq }) => [String(seq)]);
    return { records: items.map(toRecord), page };
  }

  async getJournalHead() {
    const { head, waiting, oldestWaitingAt } = await this.#read(readHead);
    return {
      ...(head && { position: head.position, chainSha256: head.hash, sealedAt: timestampFromDate(head.sealedAt) }),
      waiting,
      ...(oldestWaitingAt && { oldestWaitingAt: timestampFromDate(oldestWaitingAt) }),
    };
  }

  async verifyJournal({ fromPosition, limit, known, count }: VerifyJournalRequest) {
    const heads = known.map(({ position, chainSha256: hash }) => ({ position, hash }));
    const stretch = { from: fromPosition || 1n, limit: limit || VERIFIED_MAX, known: heads };
    const verdict = await this.#read((tx) => verifyJournal(tx, stretch));
    const counted = count ? await this.#read((tx) => countMutations(tx, this.counts)) : undefined;
    return { ...toVerdict(verdict), ...(counted && { count: counted }) };
  }

  #read<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return inScope(this.dataSource, 'all', work);
  }
}

const toRecord = ({ before, after, at, tenantId, seal, ...record }: SealedRecord) =>
  ({
    ...record,
    at: timestampOf(at),
    tenantId: tenantId ?? '',
    beforeJson: before ?? '',
    afterJson: after ?? '',
    ...(seal && { position: seal.position, chainSha256: seal.hash }),
  }) satisfies MessageInitShape<typeof JournalRecordSchema>;

/** With its microseconds, which are sealed too. */
function timestampOf(text: string): Pick<Timestamp, 'seconds' | 'nanos'> {
  const [instant = '', microseconds = '0'] = text.slice(0, -1).split('.');
  return { seconds: BigInt(Date.parse(`${instant}Z`) / 1000), nanos: Number(microseconds) * 1000 };
}

const toVerdict = ({ checked, next, hash, faults }: JournalVerdict) => ({
  checked: BigInt(checked),
  nextPosition: next ?? 0n,
  chainSha256: hash,
  faults: faults.map(
    ({ kind, ...fault }) => ({ ...fault, kind: Kind[kind] }) satisfies MessageInitShape<typeof JournalFaultSchema>,
  ),
});
