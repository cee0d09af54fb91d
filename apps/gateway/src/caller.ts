import type { Request } from 'express';
import type { KnownCaller } from './identity/callers.ts';

const callers = new WeakMap<Request, KnownCaller>();

export const rememberCaller = (request: Request, caller: KnownCaller): void => void callers.set(request, caller);

/** @throws on a route that no guard has passed, which is a fault of ours */
export function callerOf(request: Request): KnownCaller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error('The route asks for its caller, but is open to everyone.');
  return caller;
}
