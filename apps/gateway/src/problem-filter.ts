import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Logger } from '@kontor/kit/log';
import { Problem, problemOf } from '@kontor/kit/problem';
import type { Request, Response } from 'express';
import { EdgeProblem, methodNotAllowed, routeNotFound } from './edge-problem.ts';
import { requestIdOf } from './request-id.ts';
import type { RouteTable } from './route-table.ts';

/** How long a caller may go on sending a body that has already been refused. */
const DRAIN_MS_MAX = 10_000;

/** Whatever is thrown leaves as problem+json; what nobody expected is logged and says nothing about the inside. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly log: Logger,
    private readonly routes: RouteTable,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, response] = [http.getRequest<Request>(), http.getResponse<Response>()];
    const problem = this.problemOf(error, request);
    const requestId = requestIdOf(response);
    if (problem.code === 'internal') this.log.error({ err: error, requestId }, 'unexpected failure');
    // A reply that has begun cannot become a problem: cut, so that nobody takes it for whole.
    if (response.headersSent) response.destroy();
    else send(problem, response);
    drain(request);
  }

  private problemOf(error: unknown, { method, path }: Request): Problem {
    if (!(error instanceof HttpException)) return problemOf(error);
    const allowed = this.routes.methodsOf(path);
    if (error.getStatus() !== 404) return malformedPath();
    return allowed.length > 0 ? methodNotAllowed(method, path, allowed) : routeNotFound(path);
  }
}

/** Express refuses a path that it cannot decode, and nothing else. */
const malformedPath = () =>
  new EdgeProblem(400, 'malformed_path', 'The path is not readable.', 'Encode it as UTF-8 in percent signs.');

function send(problem: Problem, response: Response): void {
  const { status, body } = problem.toHttp();
  if (status === 401) response.set('WWW-Authenticate', challengeOf(problem));
  if (status === 503) response.set('Retry-After', '1');
  if (problem instanceof EdgeProblem) response.set(problem.headers);
  const document = JSON.stringify({ ...body, instance: `urn:kontor:request:${requestIdOf(response)}` });
  response.status(status).type('application/problem+json').send(document);
}

/** RFC 6750: what to show, and where something was shown, that it was not good. */
const challengeOf = ({ code, detail }: Problem): string =>
  code === 'no_token'
    ? 'Bearer realm="kontor"'
    : `Bearer realm="kontor", error="invalid_token", error_description="${detail.replace(/[^\x20-\x7e]|["\\]/g, ' ')}"`;

/** A body that nobody read any further would block the connection for the caller's next request. */
function drain(request: Request): void {
  if (request.complete) return;
  request.resume();
  setTimeout(() => request.complete || request.destroy(), DRAIN_MS_MAX).unref();
}
