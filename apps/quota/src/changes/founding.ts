import { equals, fromJson, toJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  FoundOperatorRequestSchema,
  type FoundingSchema,
  type FoundOperatorRequest,
} from '@kontor/contracts/quota/v1/change';
import { Clock } from '@kontor/kit/clock';
import { journalInsert } from '@kontor/kit/journal';
import { Problem } from '@kontor/kit/problem';
import { Injectable } from '@nestjs/common';
import { QuotaConfig } from '../config.ts';
import { inTransaction, type Transaction } from '../in-transaction.ts';
import { LedgerDatabase } from '../ledger-database.ts';
import { FoundingRow } from '../programme-tables.ts';
import { RateRow } from '../tables.ts';
import { authorisationEffect } from './authorisation-effect.ts';
import type { Effect, Hands } from './effect.ts';
import { programmeEffect } from './programme-effect.ts';
import { rateEffect } from './rate-effect.ts';

/** The one moment at which one hand sets what two change from then on: when there is nobody yet who could agree. */
@Injectable()
export class Foundings {
  constructor(
    private readonly ledger: LedgerDatabase,
    private readonly clock: Clock,
    private readonly config: QuotaConfig,
  ) {}

  /** @throws Problem `already_founded` where it was founded otherwise, or why a part cannot take effect */
  async found(request: FoundOperatorRequest, actor: string): Promise<MessageInitShape<typeof FoundingSchema>> {
    const hands: Hands = {
      operator: this.config.operator,
      actor,
      clock: this.clock,
      persons: [],
      reason: 'The operator is founded.',
    };
    const { at } = await inTransaction(this.ledger, (tx) => foundOn(tx, request, hands));
    return { at: timestampFromDate(at) };
  }
}

async function foundOn(tx: Transaction, request: FoundOperatorRequest, hands: Hands): Promise<FoundingRow> {
  const found = await tx.manager.findOneBy(FoundingRow, { isDone: true });
  if (found) {
    const before = fromJson(FoundOperatorRequestSchema, found.request as JsonValue);
    if (!equals(FoundOperatorRequestSchema, before, request)) throw alreadyFounded(found);
    return found;
  }
  const { authorisation, rates, programmes } = request;
  if (!authorisation) throw new Error('A founding without an authorisation passed validation.');
  const row = { isDone: true, request: toJson(FoundOperatorRequestSchema, request) as object, at: hands.clock.now() };
  await tx.manager.insert(FoundingRow, row);
  await applied(authorisationEffect(tx, authorisation, hands));
  for (const rate of rates) {
    const { acceleratorClass } = rate;
    if (!(await tx.manager.existsBy(RateRow, { acceleratorClass }))) await applied(rateEffect(tx, rate, hands));
  }
  for (const programme of programmes) await applied(programmeEffect(tx, programme, hands));
  tx.send(
    journalInsert([
      { at: row.at, actor: hands.actor, action: 'operator.found', subject: hands.operator, after: row.request },
    ]),
  );
  return row;
}

const applied = async (effect: Promise<Effect>): Promise<object> => (await effect).apply();

const alreadyFounded = ({ at }: FoundingRow): Problem =>
  Problem.conflict(
    'already_founded',
    `The operator was founded at ${at.toISOString()}, with other content.`,
    'Propose changes, and have a colleague agree.',
  );
