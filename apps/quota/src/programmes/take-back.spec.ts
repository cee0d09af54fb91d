import { describe, expect, it } from '@jest/globals';
import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import { slotsOf } from '../assets.ts';
import type { LockedAccount } from '../read-snapshot.ts';
import { takeBack } from './take-back.ts';

const asset = slotsOf('gpu');

describe('taking back what came with an award of ten slots', () => {
  it.each([
    { because: 'all of it is free', balance: 10n, held: 0n, taken: 0n, now: 10n, isHeldUp: false },
    { because: 'the project has others of its own', balance: 25n, held: 15n, taken: 0n, now: 10n, isHeldUp: false },
    { because: 'a part is held', balance: 10n, held: 4n, taken: 0n, now: 6n, isHeldUp: true },
    { because: 'all is held', balance: 10n, held: 10n, taken: 0n, now: 0n, isHeldUp: true },
    { because: 'the rest of it has become free', balance: 4n, held: 0n, taken: 6n, now: 4n, isHeldUp: false },
    { because: 'it was taken before', balance: 3n, held: 3n, taken: 10n, now: 0n, isHeldUp: false },
    { because: 'it is gone for good', balance: 2n, held: 0n, taken: 0n, now: 2n, isHeldUp: false },
  ])('takes $now where $because', ({ balance, held, taken, now, isHeldUp }) => {
    const own: LockedAccount = { purpose: Purpose.PROJECT, asset, balance, held, floor: 0n, tenantId: 't' };
    const allowance = { acceleratorClass: 'gpu', asset, amount: 10n, treasuryId: 'treasury', ownId: 'own' };
    const answer = takeBack({ [asset]: String(taken) }, [allowance], new Map(), new Map([['own', own]]));
    expect(answer.movements.map(({ amount }) => amount)).toEqual([now]);
    expect([answer.taken, answer.isHeldUp]).toEqual([{ [asset]: String(taken + now) }, isHeldUp]);
  });

  it('leaves what its own jobs used', () => {
    const own: LockedAccount = { purpose: Purpose.PROJECT, asset, balance: 7n, held: 0n, floor: 0n, tenantId: 't' };
    const allowance = { acceleratorClass: 'gpu', asset, amount: 10n, treasuryId: 'treasury', ownId: 'own' };
    const answer = takeBack({}, [allowance], new Map([[asset, 8n]]), new Map([['own', own]]));
    expect(answer.taken).toEqual({ [asset]: '2' });
  });
});
