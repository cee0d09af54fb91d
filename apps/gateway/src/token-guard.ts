import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Problem } from '@kontor/kit/problem';
import type { Request } from 'express';
import { Declared } from './access.ts';
import { rememberCaller } from './caller.ts';
import { GatewayConfig } from './config.ts';

const HELP = 'Send the header Authorization: Bearer TOKEN. npm start prints the token.';

/** Lets through what is declared public, and otherwise whoever shows the token. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(private readonly reflector: Reflector, private readonly config: GatewayConfig) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.get(Declared, context.getHandler())?.who === 'everyone') return true;
    const request = context.switchToHttp().getRequest<Request>();
    const { token, tenantId, operator } = this.config;
    const [, shown] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (shown === undefined) throw Problem.unauthenticated('no_token', 'The request shows no bearer token.', HELP);
    if (!isSame(shown, token)) throw Problem.unauthenticated('wrong_token', 'The token is not this gateway\'s.', HELP);
    rememberCaller(request, { tenantId, operator, role: 'operator' });
    return true;
  }
}

/** Takes the same time wherever two texts differ, and whatever their lengths. */
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
