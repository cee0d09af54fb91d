import { describe, expect, it } from '@jest/globals';
import { Metadata, status } from '@grpc/grpc-js';
import { Problem_Kind as Kind } from '@kontor/contracts/problem/v1/problem';
import { Problem, problemOf } from './problem.ts';

describe('a problem', () => {
  it('crosses gRPC whole: what comes out of the trailer is what went in', () => {
    const sent = Problem.invalid('invalid_request', 'slots must be at least 1', 'Ask for one.', [
      { field: 'job.slots', detail: 'must be at least 1' },
    ]);
    const received = problemOf(Object.assign(new Error(), sent.toStatus()));
    expect(received).toEqual(sent);
    expect(sent.toStatus().code).toBe(status.INVALID_ARGUMENT);
  });

  it('becomes an RFC 9457 document with a stable type and without empty members', () => {
    const { status: http, body } = Problem.exhausted(
      'insufficient_credits',
      'It needs 5 µcr; 3 are left.',
      'Ask for credits.',
    ).toHttp();
    expect(http).toBe(402);
    expect(body).toEqual({
      type: 'urn:kontor:problem:insufficient_credits',
      title: 'Used up',
      status: 402,
      detail: 'It needs 5 µcr; 3 are left.',
      code: 'insufficient_credits',
      help: 'Ask for credits.',
    });
  });

  it('has an HTTP and a gRPC status for every kind', () => {
    const kinds = Object.values(Kind).filter((kind): kind is Kind => typeof kind === 'number');
    for (const kind of kinds) {
      const problem = new Problem(kind, 'x', 'y');
      expect(problem.toHttp().status).toBeGreaterThanOrEqual(400);
      expect(problem.toStatus().code).not.toBe(status.OK);
    }
    expect(kinds).toHaveLength(11);
  });
});

describe('anything else that is thrown', () => {
  it.each([
    ['a bug', new TypeError('secret of the inside'), 'internal'],
    ['nothing', undefined, 'internal'],
    ['a string', 'oops', 'internal'],
    ['an unreachable service', { code: status.UNAVAILABLE, metadata: new Metadata() }, 'service_unavailable'],
    ['a service that refuses more work', { code: status.RESOURCE_EXHAUSTED, details: 'secret' }, 'service_overloaded'],
    ['a passed deadline', { code: status.DEADLINE_EXCEEDED, metadata: new Metadata() }, 'deadline_exceeded'],
    ['a lost database', Object.assign(new Error('x'), { code: '57P01' }), 'database_unavailable'],
    ['a refused connection', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'service_unavailable'],
    ['a cut database connection', new Error('Connection terminated unexpectedly'), 'database_unavailable'],
  ])('%s becomes a problem that tells nothing of the inside', (_, thrown, code) => {
    const problem = problemOf(thrown);
    expect(problem.code).toBe(code);
    expect(JSON.stringify(problem.toHttp().body)).not.toContain('secret');
  });
});
