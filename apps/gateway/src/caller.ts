import { ApiProperty } from '@nestjs/swagger';
import type { Request } from 'express';

/** Whoever holds the token. There is one token and one tenant until people can sign in. */
export class Caller {
  @ApiProperty({ type: 'string', format: 'uuid', description: 'The tenant that the token belongs to.' })
  declare readonly tenantId: string;

  @ApiProperty({ type: 'string', description: 'The operator of this Kontor; its credits are the asset CR:<operator>.' })
  declare readonly operator: string;

  @ApiProperty({ type: 'string', enum: ['operator'], description: 'What the token may do.' })
  declare readonly role: 'operator';
}

const callers = new WeakMap<Request, Caller>();

export const rememberCaller = (request: Request, caller: Caller): void => void callers.set(request, caller);

/** @throws on a route that no guard has passed, which is a fault of ours */
export function callerOf(request: Request): Caller {
  const caller = callers.get(request);
  if (caller === undefined) throw new Error('The route asks for its caller, but is open to everyone.');
  return caller;
}
