import { admit } from '@kontor/kit/access';
import { Problem } from '@kontor/kit/problem';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { Declared } from '../access.ts';
import { rememberCaller } from '../caller.ts';
import { OpenStreams } from '../open-streams.ts';
import { answerFor } from '../request-call.ts';
import { Callers, type KnownCaller, type NamedScope } from './callers.ts';
import { Credentials } from './credentials.ts';

/**
 * Lets through what is declared public, and otherwise whoever is known and may use the route. The service that answers
 * checks the same rule again, with the scope that its request names.
 */
@Injectable()
export class IdentityGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly credentials: Credentials,
    private readonly callers: Callers,
    private readonly streams: OpenStreams,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get(Declared, context.getHandler());
    if (access.who === 'everyone') return true;
    const http = context.switchToHttp();
    const [request, response] = [http.getRequest<Request>(), http.getResponse<Response>()];
    const credential = await this.credentials.of(request, response);
    const named = scopeIn(request);
    const known = await this.callers.resolve(credential, named);
    checkExists(named, known);
    if (access.who === 'people') admit(access, known.person, known.person.scope);
    rememberCaller(request, known);
    const isStream = access.who === 'people' && access.method.methodKind !== 'unary';
    if (isStream) this.streams.begin(known.person.id, response);
    answerFor(known.context, isStream);
    return true;
  }
}

const scopeIn = ({ params }: Request): NamedScope => ({
  tenantId: String(params['tenantId'] ?? ''),
  projectId: String(params['projectId'] ?? ''),
});

/** Tenancy answers without a scope where there is none of that name. */
function checkExists({ tenantId, projectId }: NamedScope, { caller }: KnownCaller): void {
  if (projectId !== '' && caller.projectId !== projectId) throw Problem.notFound('project', projectId);
  if (tenantId !== '' && caller.tenantId !== tenantId) throw Problem.notFound('tenant', tenantId);
}
