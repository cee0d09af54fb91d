import { create, fromBinary, toBinary, type MessageShape } from '@bufbuild/protobuf';
import { Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { Problem_Kind as Kind, ProblemSchema } from '@kontor/contracts/problem/v1/problem';

type ProblemMessage = MessageShape<typeof ProblemSchema>;

/** The trailer that carries a Problem between services. */
const TRAILER = 'kontor-problem-bin';

/** Each kind of problem as gRPC and HTTP say it: the only such table. */
const WIRE: Record<Kind, { grpc: status; http: number; title: string }> = {
  [Kind.UNSPECIFIED]: { grpc: status.INTERNAL, http: 500, title: 'Internal error' },
  [Kind.INVALID]: { grpc: status.INVALID_ARGUMENT, http: 400, title: 'Invalid request' },
  [Kind.UNAUTHENTICATED]: { grpc: status.UNAUTHENTICATED, http: 401, title: 'Not signed in' },
  [Kind.FORBIDDEN]: { grpc: status.PERMISSION_DENIED, http: 403, title: 'Not allowed' },
  [Kind.NOT_FOUND]: { grpc: status.NOT_FOUND, http: 404, title: 'Not found' },
  [Kind.CONFLICT]: { grpc: status.ALREADY_EXISTS, http: 409, title: 'Conflict' },
  [Kind.REFUSED]: { grpc: status.FAILED_PRECONDITION, http: 422, title: 'Refused' },
  [Kind.EXHAUSTED]: { grpc: status.RESOURCE_EXHAUSTED, http: 402, title: 'Used up' },
  [Kind.UNAVAILABLE]: { grpc: status.UNAVAILABLE, http: 503, title: 'Not available now' },
  [Kind.DEADLINE]: { grpc: status.DEADLINE_EXCEEDED, http: 504, title: 'Took too long' },
  [Kind.INTERNAL]: { grpc: status.INTERNAL, http: 500, title: 'Internal error' },
};

export interface Violation {
  /** Path of the field in JSON, such as `job.workload.devices`. */
  field: string;
  detail: string;
}

/**
 * An expected refusal: what is wrong, and what would help. It crosses gRPC in a trailer and becomes RFC 9457
 * problem+json at the edge. Anything else that is thrown becomes `internal` and says nothing about the inside.
 */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly kind: Kind,
    /** Stable reason in snake_case, such as `insufficient_budget`. */
    readonly code: string,
    readonly detail: string,
    readonly help = '',
    readonly violations: Violation[] = [],
  ) {
    super(detail);
  }

  static readonly invalid = (code: string, detail: string, help?: string, violations?: Violation[]) =>
    new Problem(Kind.INVALID, code, detail, help, violations);
  static readonly unauthenticated = (code: string, detail: string, help?: string) =>
    new Problem(Kind.UNAUTHENTICATED, code, detail, help);
  static readonly forbidden = (code: string, detail: string, help?: string) =>
    new Problem(Kind.FORBIDDEN, code, detail, help);
  static readonly notFound = (what: string, id: string) =>
    new Problem(
      Kind.NOT_FOUND,
      `${what}_not_found`,
      `There is no ${what.replaceAll('_', ' ')} ${id}.`,
      'Check the id.',
    );
  static readonly conflict = (code: string, detail: string, help?: string) =>
    new Problem(Kind.CONFLICT, code, detail, help);
  static readonly refused = (code: string, detail: string, help?: string) =>
    new Problem(Kind.REFUSED, code, detail, help);
  static readonly exhausted = (code: string, detail: string, help?: string) =>
    new Problem(Kind.EXHAUSTED, code, detail, help);
  static readonly unavailable = (code: string, detail: string, help = 'Try again in a moment.') =>
    new Problem(Kind.UNAVAILABLE, code, detail, help);
  static readonly deadline = (detail: string) =>
    new Problem(
      Kind.DEADLINE,
      'deadline_exceeded',
      detail,
      'Send it again: a request with the same id is the same request.',
    );
  static readonly internal = () =>
    new Problem(
      Kind.INTERNAL,
      'internal',
      'Something went wrong on our side.',
      'Send it again; if it persists, tell the operator when it happened.',
    );

  static fromMessage(m: ProblemMessage): Problem {
    return new Problem(
      m.kind,
      m.code,
      m.detail,
      m.help,
      m.violations.map(({ field, detail }) => ({ field, detail })),
    );
  }

  toMessage(): ProblemMessage {
    const { kind, code, detail, help, violations } = this;
    return create(ProblemSchema, { kind, code, detail, help, violations });
  }

  /** As grpc-js wants an error: status, text, trailer. */
  toStatus(): Partial<StatusObject> {
    const metadata = new Metadata();
    metadata.set(TRAILER, Buffer.from(toBinary(ProblemSchema, this.toMessage())));
    return { code: WIRE[this.kind].grpc, details: `${this.code}: ${this.detail}`, metadata };
  }

  /** As HTTP wants it: the status, and the body of an RFC 9457 problem document. */
  toHttp(): { status: number; body: object } {
    const { http, title } = WIRE[this.kind];
    const { code, detail, help, violations } = this;
    return {
      status: http,
      body: {
        type: `urn:kontor:problem:${code}`,
        title,
        status: http,
        detail,
        code,
        ...(help && { help }),
        ...(violations.length && { violations }),
      },
    };
  }
}

/** The Problem in anything thrown: a Problem itself, a gRPC error that carries one, or a failure of the transport. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { code, metadata, details } = (error ?? {}) as Partial<StatusObject>;
  const carried = metadata instanceof Metadata ? metadata.get(TRAILER)[0] : undefined;
  if (carried instanceof Buffer) return Problem.fromMessage(fromBinary(ProblemSchema, carried));
  if (code === status.UNAVAILABLE || isSocketFailure(error))
    return Problem.unavailable('service_unavailable', 'A part of the system is not reachable.');
  if (code === status.DEADLINE_EXCEEDED || code === status.CANCELLED)
    return Problem.deadline('The answer did not come in time.');
  if (code === status.RESOURCE_EXHAUSTED) return /larger than max/.test(String(details)) ? tooLarge() : overloaded();
  if (isDatabaseDown(error)) return Problem.unavailable('database_unavailable', 'The database does not answer.');
  if (DATABASE_BUSY.test(String(code))) return Problem.unavailable('database_busy', 'The database has too much to do.');
  return Object.assign(Problem.internal(), { cause: error });
}

const tooLarge = () =>
  Problem.refused('message_too_large', 'That is more than fits into one message.', 'Send, or ask for, less at once.');

const overloaded = () => Problem.unavailable('service_overloaded', 'A part of the system has too much to do.');

/** PostgreSQL's classes for: connection lost, server starting or stopping, resources used up, database gone. */
const DATABASE_DOWN = /^(08...|57P..|53...|3D000)$/;
/** A lock, or the end of a statement, did not come in time. */
const DATABASE_BUSY = /^(55P03|57014)$/;
const CONNECTION_LOST = /Connection terminated|connection timeout|Client has encountered a connection error/i;

function isDatabaseDown(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (
    (typeof code === 'string' && DATABASE_DOWN.test(code)) ||
    (typeof message === 'string' && CONNECTION_LOST.test(message))
  );
}

const isSocketFailure = (error: unknown): boolean =>
  /^(ECONNREFUSED|ECONNRESET|EPIPE)$/.test(String((error as { code?: unknown } | undefined)?.code));
