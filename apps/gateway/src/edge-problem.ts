import { STATUS_CODES } from 'node:http';
import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import { Problem } from '@kontor/kit/problem';

/** A refusal that only HTTP knows, such as 415: it never crosses gRPC. */
export class EdgeProblem extends Problem {
  constructor(
    readonly status: number,
    code: string,
    detail: string,
    help: string,
    readonly headers: Record<string, string> = {},
  ) {
    super(Kind.INVALID, code, detail, help);
  }

  override toHttp(): { status: number; body: object } {
    const { status } = this;
    return { status, body: { ...super.toHttp().body, status, title: STATUS_CODES[status] ?? 'Refused' } };
  }
}

export const routeNotFound = (path: string) =>
  new EdgeProblem(404, 'route_not_found', `There is nothing at ${path}.`, 'See /docs for every route.');

export const methodNotAllowed = (method: string, path: string, allowed: string[]) =>
  new EdgeProblem(405, 'method_not_allowed', `${path} does not answer ${method}.`, `Use ${allowed.join(' or ')}.`, {
    Allow: allowed.join(', '),
  });

export const bodyTooLarge = (limitBytes: number) =>
  new EdgeProblem(
    413,
    'body_too_large',
    `The body has more than ${limitBytes} bytes.`,
    'Send large data as a file, and name the file by its digest.',
  );

export const notJson = (what: string) =>
  new EdgeProblem(
    415,
    'unsupported_media_type',
    `The body must be JSON, not ${what}.`,
    'Send Content-Type: application/json, without Content-Encoding.',
  );
