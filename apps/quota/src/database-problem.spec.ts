import { describe, expect, it } from '@jest/globals';
import { Problem } from '@kontor/kit/problem';
import { databaseProblem } from './database-problem.ts';

describe('a failure of the database', () => {
  it.each([
    ['the server shuts down', '57P01'],
    ['it cannot connect now', '57P03'],
    ['it has too many clients', '53300'],
    ['its disk is full', '53100'],
    ['a lock takes too long', '55P03'],
    ['the connection broke', '08006'],
  ])('that passes (%s) says: try again', (message, code) => {
    const error = Object.assign(new Error(message), { severity: 'FATAL', code });
    expect(databaseProblem(error)).toMatchObject({ code: 'ledger_unavailable' });
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])('of the socket (%s) says: try again', (code) => {
    const error = Object.assign(new Error(code), { code, syscall: 'write' });
    expect(databaseProblem(error)).toMatchObject({ code: 'ledger_unavailable' });
  });

  it.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Connection terminated due to connection timeout',
    'Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
  ])('of the driver (%s) is a lost connection', (message) => {
    expect(databaseProblem(new Error(message))).toMatchObject({ code: 'ledger_unavailable' });
  });

  it.each(['40001', '40P01'])('that others caused each time (%s) says: try again', (code) => {
    const error = Object.assign(new Error('deadlock detected'), { severity: 'ERROR', code });
    expect(databaseProblem(error)).toMatchObject({ code: 'ledger_busy', kind: Problem.unavailable('', '').kind });
  });

  it.each(['42P01', '23514', '22003', '25P02'])('that is our own fault (%s) stays what it is', (code) => {
    const error = Object.assign(new Error('a fault'), { severity: 'ERROR', code });
    expect(databaseProblem(error)).toBe(error);
  });

  it('leaves alone what is no failure of the database', () => {
    const refusal = Problem.refused('no_rate', 'No rate is in force.');
    expect(databaseProblem(refusal)).toBe(refusal);
    const bugs = [
      new Error('The account has no balance.'),
      new TypeError(`Cannot read properties of undefined (reading 'connection')`),
      new Error('The timeout is no number.'),
    ];
    for (const bug of bugs) expect(databaseProblem(bug)).toBe(bug);
    expect(databaseProblem(undefined)).toBeUndefined();
  });
});
