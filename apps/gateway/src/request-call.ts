import type { Clock } from '@kontor/kit/clock';
import { currentCall } from '@kontor/kit/current-call';
import type { NextFunction, Request, Response } from 'express';

/** How long a request may take, its body included. Each call to a service has less than that. */
const PATIENCE_MS = 30_000;
/** A stream may last; but not for ever, because whoever began it may since have lost their right to it. */
const STREAM_MS_MAX = 24 * 60 * 60_000;

/**
 * Opens the frame in which a request is answered: every call to a service that is made in it ends with it, and is made
 * for whomever the guard finds. Reads end when their reader hangs up; what changes something is finished, because
 * its sender may never learn how far it came.
 */
export const answerWithin =
  (clock: Clock) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const gone = new AbortController();
    if (request.method === 'GET' || request.method === 'HEAD') {
      response.once('close', () => response.writableFinished || gone.abort());
    }
    const deadline = new Date(clock.now().getTime() + PATIENCE_MS);
    currentCall.run({ deadline, signal: gone.signal, context: undefined }, next);
  };

/** From here on calls to services are made for this caller. */
export function answerFor(context: string, isStream: boolean): void {
  const call = currentCall.getStore();
  if (call === undefined) throw new Error('A guard runs outside of a request.');
  call.context = context;
  if (isStream) call.deadline = new Date(call.deadline.getTime() + STREAM_MS_MAX);
}
