import { uuid7 } from '@kontor/kit/id';
import type { NextFunction, Request, Response } from 'express';

const HEADER = 'X-Request-Id';

/** What is safe to repeat in a header and to read in a log. */
const ACCEPTABLE = /^[A-Za-z0-9._:-]{1,100}$/;

/** Takes the caller's own id for the request where it is readable, makes one otherwise, and returns it. */
export function nameRequest(request: Request, response: Response, next: NextFunction): void {
  const offered = request.get(HEADER);
  response.set(HEADER, offered !== undefined && ACCEPTABLE.test(offered) ? offered : uuid7());
  next();
}

export const requestIdOf = (response: Response): string => String(response.get(HEADER));
