import type { Logger } from '@kontor/kit/log';
import type { NextFunction, Request, Response } from 'express';
import { requestIdOf } from './request-id.ts';

/** One line for each request when its reply has ended, without its query and its headers. */
export const logRequests =
  (log: Logger) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const since = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const ms = Math.round(performance.now() - since);
      const whole = response.writableFinished;
      log.info({ requestId: requestIdOf(response), method, path, status: response.statusCode, ms, whole }, 'request');
    });
    next();
  };
