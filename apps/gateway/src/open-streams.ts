import { Problem } from '@kontor/kit/problem';
import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { EdgeProblem } from './edge-problem.ts';

/** Logs that one caller follows, and files that they send or fetch, at the same time. */
const OF_ONE_CALLER_MAX = 16;
/** Somewhat fewer than one connection to a service carries: beyond that a stream would wait without a word. */
const OF_ALL_MAX = 240;

/** Counts the streams that are open, because each takes a place on a connection for as long as its caller likes. */
@Injectable()
export class OpenStreams {
  readonly #byCaller = new Map<string, number>();
  #all = 0;

  /**
   * Counts one more, until its reply ends.
   *
   * @throws Problem `too_many_streams`, or `streams_all_taken` by others
   */
  begin(callerId: string, response: Response): void {
    // For somebody who is gone nothing begins, and nothing would end the count.
    if (response.destroyed) return;
    if (this.#of(callerId) >= OF_ONE_CALLER_MAX) throw tooMany();
    if (this.#all >= OF_ALL_MAX) throw Problem.unavailable('streams_all_taken', 'No more streams can be open now.');
    this.#count(callerId, +1);
    response.once('close', () => this.#count(callerId, -1));
  }

  #of(callerId: string): number {
    return this.#byCaller.get(callerId) ?? 0;
  }

  #count(callerId: string, change: 1 | -1): void {
    this.#all += change;
    const open = this.#of(callerId) + change;
    if (open > 0) this.#byCaller.set(callerId, open);
    else this.#byCaller.delete(callerId);
  }
}

const tooMany = () =>
  new EdgeProblem(
    429,
    'too_many_streams',
    `You have ${OF_ONE_CALLER_MAX} logs, downloads and uploads open.`,
    'Wait until one has ended, or end one.',
  );
