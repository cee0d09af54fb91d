import { applyDecorators, type CustomDecorator } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiBearerAuth, ApiOperation } from '@nestjs/swagger';

/** Who may use a route, and why somebody without a token may. */
export type Access = { who: 'everyone'; why: string } | { who: 'token holders' };

/** What a route declares; a route that declares nothing keeps the gateway from starting. */
export const Declared = Reflector.createDecorator<Access>();

/** Opens a route to callers without a token, and says why that is right. */
export const Public = (why: string): CustomDecorator => Declared({ who: 'everyone', why });

/** A route that the gateway answers by itself, for whoever has a token. */
export const SignedIn = (operationId: string, summary: string) =>
  applyDecorators(Declared({ who: 'token holders' }), ApiBearerAuth(), ApiOperation({ operationId, summary }));
