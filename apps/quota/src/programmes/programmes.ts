import { fromJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  ProgrammeTermsSchema,
  type ListProgrammesRequest,
  type ListProgrammesResponseSchema,
  type ProgrammeSchema,
  type ProgrammeTerms,
} from '@kontor/contracts/quota/v1/programme';
import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import { uuid5 } from '@kontor/kit/id';
import { narrow, NEWEST_FIRST, pageOf } from '@kontor/kit/page';
import { Problem } from '@kontor/kit/problem';
import { inScope } from '@kontor/kit/tenant-scope';
import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { Transaction } from '../in-transaction.ts';
import { ProgrammeRow } from '../programme-tables.ts';
import { lockAccounts, type LockedAccount } from '../read-snapshot.ts';
import { AccountRow } from '../tables.ts';

type ProgrammeInit = MessageInitShape<typeof ProgrammeSchema>;

/** A programme's id follows from its slug, and its pot's account has the same id. */
export const programmeId = (slug: string): string => uuid5('programme', slug);

/** A programme whose pot is locked: until the end of the transaction nobody else awards from it or changes it. */
export interface LockedProgramme {
  row: ProgrammeRow;
  terms: ProgrammeTerms;
  pot: LockedAccount;
}

/**
 * Locks a programme by the account of its pot. Whoever locks a pot does so before any other account.
 *
 * @returns undefined where there is none
 */
export async function lockProgramme(
  { client, manager }: Transaction,
  id: string,
): Promise<LockedProgramme | undefined> {
  const pot = (await lockAccounts(client, [id])).get(id);
  const row = await manager.findOneBy(ProgrammeRow, { id });
  return pot && row ? { row, pot, terms: termsOf(row) } : undefined;
}

export const termsOf = ({ terms }: ProgrammeRow): ProgrammeTerms => fromJson(ProgrammeTermsSchema, terms as JsonValue);

/** Shows programmes. They change by two persons' agreement alone. */
@Injectable()
export class Programmes {
  constructor(private readonly dataSource: DataSource) {}

  async get(slug: string): Promise<ProgrammeInit> {
    const row = await this.dataSource.manager.findOneBy(ProgrammeRow, { slug });
    if (!row) throw Problem.notFound('programme', slug);
    return (await this.messages([row]))[0] ?? {};
  }

  async list(request: ListProgrammesRequest): Promise<MessageInitShape<typeof ListProgrammesResponseSchema>> {
    const { cut, ...wanted } = pageOf(request, NEWEST_FIRST);
    const query = this.dataSource.manager.createQueryBuilder(ProgrammeRow, 'p');
    const rows = await narrow(query, ['p.created_at', 'p.id'], 'DESC', wanted).getMany();
    const { items, page } = cut(rows, ({ createdAt, id }) => [createdAt, id]);
    return { programmes: await this.messages(items), page };
  }

  /** What the pots have left is for all to see, although they are the operator's. */
  private async messages(rows: ProgrammeRow[]): Promise<ProgrammeInit[]> {
    const pots = await inScope(this.dataSource, 'all', (tx) =>
      tx.findBy(AccountRow, { id: In(rows.map(({ id }) => id)), purpose: Purpose.PROGRAMME }),
    );
    const left = new Map(pots.map(({ id, balance, held }) => [id, balance - held]));
    return rows.map((row) => ({
      id: row.id,
      terms: termsOf(row),
      leftUcr: left.get(row.id) ?? 0n,
      resourceVersion: row.resourceVersion,
      createdAt: timestampFromDate(row.createdAt),
    }));
  }
}
