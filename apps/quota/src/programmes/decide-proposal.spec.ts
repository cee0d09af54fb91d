import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { ProgrammeTermsSchema, Proposal_State as State } from '@kontor/contracts/quota/v1/programme';
import fc from 'fast-check';
import type { Terms } from '../../testing/awards.ts';
import { decideProposal, type Amounts, type Asked, type Standing } from './decide-proposal.ts';

const NOTHING: Amounts = { ucr: 0n, deviceMs: 0n, slots: 0 };
const NOW = new Date('2030-01-01T00:00:00Z');

describe('deciding a proposal by rule', () => {
  it('awards up to the threshold exactly, and leaves one more to people', () => {
    const decide = (ucr: bigint) => decideProposal(terms(), asked({ ucr }), standing()).state;
    expect([decide(100n), decide(101n)]).toEqual([State.AWARDED, State.PENDING]);
  });

  it('leaves everything to people where there is no threshold', () => {
    const unset = create(ProgrammeTermsSchema, { ...PLAIN, maxUcrPerBeneficiary: 500n, maxDurationMs: 10n });
    expect(decideProposal(unset, asked({ ucr: 1n }), standing())).toMatchObject({ state: State.PENDING });
  });

  it('leaves everything to people where the threshold, older than this rule, bounds no credits', () => {
    const old = terms({ threshold: { deviceMs: 100n, slots: 5 } });
    expect(decideProposal(old, asked({ ucr: 1n }), standing())).toMatchObject({ state: State.PENDING });
  });

  it('looks at dates, eligibility, duration, maximum and pot before the threshold', () => {
    const rules = (changed: Terms, asks: Partial<Asked> = {}, stands: Partial<Standing> = {}) =>
      decideProposal(terms(changed), asked(asks), standing(stands)).rule;
    const at = { seconds: BigInt(NOW.getTime() / 1_000) };
    const later = { seconds: at.seconds + 1n };
    expect(rules({ startsAt: later })).toBe('programme_open');
    expect(rules({ startsAt: at, endsAt: later })).toBe('threshold');
    expect(rules({ endsAt: at })).toBe('programme_open');
    expect(rules({ eligibility: [{ name: 'adult', attribute: 'age', atLeast: 18n, help: 'Grow.' }] })).toBe('adult');
    expect(rules({}, {}, { openAwards: 19 })).toBe('threshold');
    expect(rules({}, {}, { openAwards: 20 })).toBe('maximum_open_awards');
    expect(rules({ maxOpenAwards: 2 }, {}, { openAwards: 2 })).toBe('maximum_open_awards');
    expect(rules({}, { durationMs: 11n })).toBe('maximum_duration');
    expect(rules({ minUcr: 50n }, { ucr: 49n })).toBe('minimum_award');
    expect(rules({ minUcr: 50n }, { ucr: 50n })).toBe('threshold');
    expect(rules({}, { ucr: 101n }, { beneficiaryUcr: 400n })).toBe('maximum_per_beneficiary');
    expect(rules({}, { ucr: 101n }, { leftUcr: 100n })).toBe('pot');
  });

  it('never gives by rule, in however many parts, more than the threshold, the maximum and the pot', () => {
    const request = fc.record({ ucr: fc.bigInt(1n, 60n), deviceMs: fc.bigInt(0n, 30n), slots: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(request), fc.bigInt(0n, 300n), fc.bigInt(1n, 300n), (requests, pot, most) => {
        let got = NOTHING;
        const rules = terms({ maxUcrPerBeneficiary: most, threshold: { ucr: 100n, deviceMs: 50n, slots: 5 } });
        for (const each of requests) {
          const now = standing({ leftUcr: pot - got.ucr, beneficiaryUcr: got.ucr, toBeneficiary: got });
          if (decideProposal(rules, asked(each), now).state !== State.AWARDED) continue;
          got = {
            ucr: got.ucr + each.ucr,
            deviceMs: got.deviceMs + each.deviceMs,
            slots: got.slots + each.slots,
          };
        }
        expect(got.ucr <= 100n && got.ucr <= pot && got.ucr <= most).toBe(true);
        expect(got.deviceMs <= 50n && got.slots <= 5).toBe(true);
      }),
    );
  });

  it.each([
    [{ oneOf: ['a', 'b'] }, 'b', true],
    [{ oneOf: ['a', 'b'] }, 'c', false],
    [{}, 'anything', true],
    [{}, '', false],
    [{ atLeast: 3n }, '3', true],
    [{ atLeast: 3n }, '2', false],
    [{ atMost: 3n }, '3', true],
    [{ atMost: 3n }, '4', false],
    [{ atMost: 3n }, 'three', false],
    [{ atMost: 3n }, '0x1', false],
    [{ atLeast: 0n }, '-1', false],
    [{ atLeast: 0n }, '9'.repeat(19), false],
  ])('takes by the rule %p the attribute %p: %p', (rule, value, holds) => {
    const eligibility = [{ name: 'rule', attribute: 'x', help: 'Change.', ...rule }];
    const verdict = decideProposal(terms({ eligibility }), asked({ attributes: { x: value } }), standing());
    expect(verdict.rule).toBe(holds ? 'threshold' : 'rule');
  });

  it('takes no attribute for granted that every object has', () => {
    const eligibility = [{ name: 'rule', attribute: 'constructor', help: 'Change.' }];
    expect(decideProposal(terms({ eligibility }), asked({}), standing()).rule).toBe('rule');
  });

  const PLAIN = { slug: 'open', name: 'Open', subsidyPpm: 400_000 };

  function terms(changed: Terms = {}) {
    const limits = { maxUcrPerBeneficiary: 500n, maxDurationMs: 10n, threshold: { ucr: 100n } };
    return create(ProgrammeTermsSchema, { ...PLAIN, ...limits, ...changed });
  }

  function asked(changed: Partial<Asked>): Asked {
    return { ...NOTHING, ucr: 1n, durationMs: 10n, attributes: {}, ...changed };
  }

  function standing(changed: Partial<Standing> = {}): Standing {
    return {
      now: NOW,
      leftUcr: 1_000n,
      beneficiaryUcr: 0n,
      openAwards: 0,
      toBeneficiary: NOTHING,
      toApplicant: NOTHING,
      ...changed,
    };
  }
});
