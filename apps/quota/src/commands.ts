import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  Command,
  CommandResultSchema,
  ExecuteStreamRequest,
  GetReservationRequest,
  ReservationSchema,
} from '@kontor/contracts/quota/v1/quota';
import type { Call } from '@kontor/kit/grpc';
import { logger } from '@kontor/kit/log';
import { Problem, problemOf } from '@kontor/kit/problem';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Batcher } from './batcher.ts';
import type { Order } from './decide/decide.ts';
import type { Decision, LedgerCommand } from './decide/decision.ts';
import { inOrder } from './in-order.ts';
import { Ledger } from './ledger.ts';
import { reservationMessage } from './reservation.ts';

type ReservationInit = MessageInitShape<typeof ReservationSchema>;
type ResultInit = MessageInitShape<typeof CommandResultSchema>;

/** Commands of one stream that may be under way at once. */
const WINDOW = 1_024;

/** The one way to the ledger: single, as a list or as a stream, every command joins the next batch. */
@Injectable()
export class Commands implements OnModuleDestroy {
  private readonly batcher: Batcher<Order, Decision>;

  constructor(private readonly ledger: Ledger) {
    const log = logger('quota');
    const failed = (error: unknown): void => log.error({ err: error }, 'a batch failed');
    this.batcher = new Batcher((orders) => ledger.execute(orders), failed);
  }

  /** @throws Problem where the command is refused */
  async execute(command: LedgerCommand, call: Pick<Call, 'actor' | 'isGone'>): Promise<ReservationInit> {
    const decision = await this.batcher.submit({ command, actor: call.actor }, call);
    if (decision instanceof Problem) throw decision;
    return reservationMessage(decision);
  }

  /** A result for each command, in order. A refusal is a result. */
  executeAll(commands: Command[], call: Call): Promise<ResultInit[]> {
    return Promise.all(commands.map((command) => this.result(command, call)));
  }

  executeStream(requests: AsyncIterable<ExecuteStreamRequest>, call: Call): AsyncIterable<ResultInit> {
    return inOrder(requests, ({ command }) => this.result(command, call), WINDOW);
  }

  async find(request: GetReservationRequest): Promise<ReservationInit> {
    return reservationMessage(await this.ledger.find(request));
  }

  onModuleDestroy(): Promise<void> {
    return this.batcher.idle();
  }

  private async result(asked: Command | undefined, call: Call): Promise<ResultInit> {
    const command = asked?.command;
    if (command?.case === undefined) return refusal(emptyCommand());
    try {
      const decision = await this.batcher.submit({ command, actor: call.actor }, call);
      if (decision instanceof Problem) return refusal(decision);
      return { result: { case: 'reservation', value: reservationMessage(decision) } };
    } catch (error) {
      return refusal(problemOf(error));
    }
  }
}

const refusal = (problem: Problem): ResultInit => ({ result: { case: 'problem', value: problem.toMessage() } });

const emptyCommand = (): Problem =>
  Problem.invalid('empty_command', 'The command says nothing to do.', 'Set one of reserve, advance, post and void.');
