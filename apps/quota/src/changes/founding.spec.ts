import { readdirSync, readFileSync } from 'node:fs';
import { fromJson, type JsonValue } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { ProgrammeChangeSchema } from '@kontor/contracts/quota/v1/change';
import { Proposal_State as State } from '@kontor/contracts/quota/v1/programme';
import {
  Account_Purpose as Purpose,
  ChargeRecord_Cause as Cause,
  Transfer_Reason as Reason,
} from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { validate } from '@kontor/kit/validate';
import {
  DAY_MS,
  found,
  grantCredits,
  HOUR_MS,
  memberOf,
  programme,
  proposal,
  type ProgrammeInit,
} from '../../testing/awards.ts';
import {
  accountOf,
  CLASS,
  codeOf,
  expectBalanced,
  fundedProject,
  quotaUnderTest,
} from '../../testing/quota-under-test.ts';

const PRESETS = new URL('../../presets/', import.meta.url);

/** A project from before the founding. */
const OLD = { tenantId: uuid7(), projectId: uuid7() };

describe('founding an operator', () => {
  it('sets first rates, programmes and what the treasury may hand out, once', async () => {
    await using quota = await quotaUnderTest({ rate: null });
    const first = { rates: [{ acceleratorClass: CLASS, ucrPerDeviceHour: 5n }] };
    const { at } = await found(quota, [programme()], first);
    quota.clock.advance(1_000);
    expect((await found(quota, [programme()], first)).at).toEqual(at);
    expect(await codeOf(found(quota, [], first))).toBe('already_founded');
    expect((await quota.gateway.listRates({})).rates).toMatchObject([{ ucrPerDeviceHour: 5n }]);
    const { programmes } = quota.for(memberOf(quota.project));
    const listed = await programmes.listProgrammes({});
    expect(listed.programmes).toMatchObject([{ leftUcr: 100_000n, resourceVersion: 1n }]);
    await expectBalanced(quota.gateway);
  });

  it('leaves the rates alone that are there, and is the last moment at which one hand sets one', async () => {
    await using quota = await quotaUnderTest({ rate: 7n });
    await found(quota, [], { rates: [{ acceleratorClass: CLASS, ucrPerDeviceHour: 5n }] });
    expect((await quota.gateway.listRates({})).rates).toMatchObject([{ ucrPerDeviceHour: 7n }]);
    expect(await codeOf(quota.gateway.setRate({ acceleratorClass: 'new', ucrPerDeviceHour: 1n }))).toBe(
      'takes_two_persons',
    );
  });

  it('has no effect at all where a part of it cannot take effect', async () => {
    await using quota = await quotaUnderTest({ rate: null });
    const rates = [{ acceleratorClass: CLASS, ucrPerDeviceHour: 5n }];
    const tooLarge = found(quota, [programme(), programme({ slug: 'huge' }, { addUcr: 10n ** 12n })], { rates });
    expect(await codeOf(tooLarge)).toBe('treasury_exceeded');
    expect((await quota.gateway.listRates({})).rates).toEqual([]);
    expect((await quota.for(memberOf(quota.project)).programmes.listProgrammes({})).programmes).toEqual([]);
    expect(await codeOf(found(quota, [programme()], { rates }))).toBe('ok');
  });

  it('happens once, although two replicas are asked', async () => {
    await using quota = await quotaUnderTest();
    await using other = await quota.replica();
    const codes = await Promise.all([quota, other, quota, other].map((each) => codeOf(found(each, [programme()]))));
    expect(codes).toEqual(['ok', 'ok', 'ok', 'ok']);
    await expectBalanced(quota.gateway);
  });

  it('is for the starter alone', async () => {
    await using quota = await quotaUnderTest();
    const { changes } = quota.for(memberOf(quota.project));
    expect(await codeOf(changes.foundOperator({ authorisation: { authorisedUcr: 1n } }))).toBe('caller_not_allowed');
  });
});

describe('the treasury of an operator that is founded', () => {
  it('hands projects no more than is authorised either, and nobody moves what programmes hold by hand', async () => {
    await using quota = await quotaUnderTest({ credits: 0n });
    await found(quota, [programme({}, { addUcr: 600n })], { authorisation: { authorisedUcr: 1_000n } });
    await grantCredits(quota, quota.project, 300n);
    expect(await codeOf(grantCredits(quota, quota.project, 101n))).toBe('treasury_exceeded');
    expect(await codeOf(grantCredits(quota, quota.project, 100n))).toBe('ok');
    const { accounts } = await quota.gateway.listAccounts({});
    const [pot, treasury] = [6, 2].map(
      (purpose) => accounts.find((each) => each.purpose === purpose && each.asset === 'CR:demo')?.id ?? '',
    );
    const transfer = { id: uuid7(), amount: 1n, reason: 2 };
    for (const [debitAccountId = '', creditAccountId = ''] of [
      [pot, treasury],
      [treasury, pot],
    ]) {
      expect(await codeOf(quota.gateway.createTransfer({ ...transfer, debitAccountId, creditAccountId }))).toBe(
        'not_by_hand',
      );
    }
    expect(await codeOf(quota.gateway.openAccount({ purpose: 6, asset: 'CR:demo' }))).toBe('purpose_does_not_fit');
  });

  it('is the only place that credits come from: no project spends what nobody handed it', async () => {
    await using quota = await quotaUnderTest();
    const overdraft = (asset: string) => ({ project: OLD, purpose: Purpose.PROJECT, asset, floor: -5n });
    const before = await quota.gateway.openAccount(overdraft('CR:demo'));
    await found(quota, [programme()]);
    expect(await quota.gateway.openAccount(overdraft('CR:demo'))).toEqual(before);
    const { id: creditAccountId } = await quota.gateway.openAccount({ purpose: Purpose.TREASURY, asset: 'CR:demo' });
    const debt = { id: uuid7(), debitAccountId: before.id, creditAccountId, amount: 1n, reason: Reason.RETURN };
    expect(await codeOf(quota.gateway.createTransfer(debt))).toBe('insufficient_credits');
    const fresh = { tenantId: OLD.tenantId, projectId: uuid7() };
    const opened = quota.gateway.openAccount({ ...overdraft('CR:demo'), project: fresh });
    await expect(opened).rejects.toMatchObject({
      code: 'credits_without_treasury',
      help: expect.stringContaining('propose an authorisation'),
    });
    expect((await quota.gateway.listAccounts({ project: fresh })).accounts).toEqual([]);
    expect(await codeOf(quota.gateway.openAccount({ ...overdraft('CR:demo'), project: fresh, floor: 0n }))).toBe('ok');
    expect(await codeOf(quota.gateway.openAccount(overdraft(`DEVICE_MS:${CLASS}`)))).toBe('ok');
  });

  it('gets back by hand what projects have, and nothing else moves by hand: what was earned stays', async () => {
    await using quota = await quotaUnderTest({ credits: 100n });
    const { gateway, compute } = quota;
    const job = await compute.reserve(quota.terms(uuid7(), 60n));
    await compute.post({ project: quota.project, id: job.id, usedDeviceMs: 60n, cause: Cause.USER });
    const { accounts } = await gateway.listAccounts({});
    const idOf = (purpose: Purpose, kind = 'CR:demo') =>
      accounts.find((each) => each.purpose === purpose && each.asset === kind)?.id ?? '';
    const [own, theirs] = [await quota.credits(), await accountOf(gateway, await fundedProject(gateway), 'CR:demo')];
    const [earned, treasury] = [idOf(Purpose.REVENUE), idOf(Purpose.TREASURY)];
    const move = (debitAccountId: string, creditAccountId: string, id = uuid7()) =>
      gateway.createTransfer({ id, debitAccountId, creditAccountId, amount: 10n, reason: Reason.GRANT });
    const early = uuid7();
    const moved = await move(earned, own.id, early);

    await found(quota, [programme()]);
    expect(await move(earned, own.id, early)).toEqual(moved);
    for (const [from, to] of [
      [earned, own.id],
      [own.id, theirs.id],
      [treasury, earned],
      [own.id, earned],
    ] as const) {
      await expect(move(from, to)).rejects.toMatchObject({
        code: 'credits_without_treasury',
        help: expect.stringContaining('propose an authorisation'),
      });
    }
    await expect(move(treasury, own.id)).rejects.toMatchObject({
      code: 'takes_two_persons',
      help: expect.stringContaining('Propose a change'),
    });
    expect(await codeOf(move(own.id, treasury))).toBe('ok');
    const time = `DEVICE_MS:${CLASS}`;
    const ownTime = await accountOf(gateway, quota.project, time);
    expect(await codeOf(move(idOf(Purpose.REVENUE, time), ownTime.id))).toBe('ok');
    await expectBalanced(gateway);
  });
});

describe('the presets', () => {
  const presets = readdirSync(PRESETS).map((name) => ({
    name,
    change: fromJson(ProgrammeChangeSchema, JSON.parse(readFileSync(new URL(name, PRESETS), 'utf8')) as JsonValue),
  }));

  it.each(presets)('$name is what the contract asks for', ({ change }) => {
    expect(() => validate(ProgrammeChangeSchema, change)).not.toThrow();
  });

  it('award small requests at once when they are installed, and leave large ones to people', async () => {
    await using quota = await quotaUnderTest();
    const programmesOfPresets = presets.map(({ change }): ProgrammeInit => change);
    await found(quota, programmesOfPresets, { authorisation: { authorisedUcr: 10n ** 13n } });
    const { programmes } = quota.for(memberOf(quota.project));
    const ask = async (programme: string, deviceMs: bigint, attributes = {}) => {
      const limits = [{ acceleratorClass: CLASS, deviceMs, slots: 8 }];
      const request = { programme, limits, durationMs: DAY_MS, attributes, requestedUcr: 1_000_000n };
      const { state, rule } = await programmes.submitProposal(proposal(quota.project, request));
      return `${State[state]} ${rule}`;
    };
    const mission = 'national-ai-mission';
    expect(await ask(mission, 100n * HOUR_MS)).toBe('REFUSED beneficiary');
    expect(await ask(mission, 5_000n * HOUR_MS, { institution: 'university' })).toBe('AWARDED threshold');
    expect(await ask(mission, 1n, { institution: 'university' })).toBe('PENDING threshold');
    expect(await ask('free-tier', 100n * HOUR_MS)).toBe('AWARDED threshold');
    expect(await ask('free-tier', 1n)).toBe('PENDING threshold');
  });

  it.each([
    ['national-ai-mission', 100_000_000n],
    ['free-tier', 5_000_000n],
  ])('%s awards %s µcr by rule and no more, also where no device time is asked', async (programme, ucr) => {
    await using quota = await quotaUnderTest();
    await found(
      quota,
      presets.map(({ change }): ProgrammeInit => change),
      { authorisation: { authorisedUcr: 10n ** 13n } },
    );
    const submit = async (requestedUcr: bigint) => {
      const project = { tenantId: uuid7(), projectId: uuid7() };
      const request = { programme, requestedUcr, limits: [], attributes: { institution: 'university' } };
      const { state, rule } = await quota.for(memberOf(project)).programmes.submitProposal(proposal(project, request));
      return `${State[state]} ${rule}`;
    };
    const most = presets.find(({ change }) => change.terms?.slug === programme)?.change.terms?.maxUcrPerBeneficiary;
    expect([await submit(ucr), await submit(ucr + 1n), await submit(most ?? 0n)]).toEqual([
      'AWARDED threshold',
      'PENDING threshold',
      'PENDING threshold',
    ]);
  });
});
