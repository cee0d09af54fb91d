import { describe, expect, it } from '@jest/globals';
import {
  Account_Purpose as Purpose,
  ChargeRecord_Cause as Cause,
  Transfer_Reason as Reason,
} from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { found, memberOf, programme, proposal } from '../testing/awards.ts';
import { ask } from '../testing/in-database.ts';
import { CLERK, codeOf, quotaUnderTest } from '../testing/quota-under-test.ts';
import { textDigest } from './programmes/proposal-record.ts';

interface Entry {
  actor: string;
  action: string;
  subject: string;
  tenant_id: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

describe('the journal of the ledger', () => {
  it('has one row for each mutation, and who asked for it', async () => {
    await using quota = await setup();
    const { project, compute } = quota;
    const named = { project, id: uuid7() };
    await compute.reserve(quota.terms(named.id, 100n));
    await compute.advance({ ...named, usedDeviceMs: 40n, coverDeviceMs: 200n, timeoutMs: 60_000n });
    await compute.post({ ...named, usedDeviceMs: 250n, cause: Cause.USER });

    const entries = await quota.entriesOf(named.id);
    expect(entries.map(({ actor, action, tenant_id }) => [actor, action, tenant_id])).toEqual([
      ['compute', 'reservation.reserve', project.tenantId],
      ['compute', 'reservation.advance', project.tenantId],
      ['compute', 'reservation.post', project.tenantId],
    ]);
    expect(entries[0]?.before).toBeNull();
    expect(entries[0]?.after).toMatchObject({
      projectId: project.projectId,
      slots: 1,
      ucrPerDeviceHour: '3600000',
      coverDeviceMs: '100',
    });
    expect(entries[1]?.before).toMatchObject({ usedDeviceMs: '0', coverDeviceMs: '100' });
    expect(entries[2]?.after).toMatchObject({ usedDeviceMs: '200', lateDeviceMs: '50' });
  });

  it('has none for what was refused or had happened already', async () => {
    await using quota = await setup();
    const { project, compute, gateway } = quota;
    const request = quota.terms();
    const named = { project, id: request.id };
    await compute.reserve(request);
    await compute.void(named);
    const before = await quota.count();
    expect([
      await codeOf(compute.reserve(request)),
      await codeOf(compute.void(named)),
      await codeOf(compute.reserve({ ...request, slots: 3 })),
      await codeOf(compute.post({ ...named, usedDeviceMs: 1n, cause: Cause.USER })),
      await codeOf(gateway.openAccount({ project, purpose: Purpose.PROJECT, asset: 'CR:demo' })),
    ]).toEqual(['ok', 'ok', 'exists_with_different_slots', 'already_voided', 'ok']);
    await quota.sweep();
    expect(await quota.count()).toBe(before);
  });

  it("records what time does as the service's own deed", async () => {
    await using quota = await setup();
    const request = quota.terms();
    await quota.compute.reserve(request);
    quota.clock.advance(60_000);
    await quota.sweep();
    expect((await quota.entriesOf(request.id)).map(({ actor, action }) => [actor, action])).toEqual([
      ['compute', 'reservation.reserve'],
      ['quota', 'reservation.expire'],
    ]);
  });

  it('records accounts, transfers and rates', async () => {
    await using quota = await setup();
    const { project, gateway } = quota;
    const named = { project, purpose: Purpose.PROJECT, asset: 'CR:other' };
    const { id: creditAccountId } = await gateway.openAccount({ ...named, floor: -5n });
    const { id: debitAccountId } = await gateway.openAccount({ purpose: Purpose.TREASURY, asset: 'CR:other' });
    const grant = { id: uuid7(), debitAccountId, creditAccountId, amount: 7n, reason: Reason.GRANT };
    await gateway.createTransfer(grant);
    await gateway.createTransfer(grant);
    await gateway.setRate({ acceleratorClass: 'nvidia.h100', ucrPerDeviceHour: 9n });

    expect(await quota.entriesOf(creditAccountId)).toMatchObject([
      {
        actor: CLERK.reference,
        action: 'account.open',
        tenant_id: project.tenantId,
        after: { asset: 'CR:other', floor: '-5' },
      },
    ]);
    expect(await quota.entriesOf(grant.id)).toMatchObject([
      { action: 'transfer.create', tenant_id: project.tenantId, after: { amount: '7', asset: 'CR:other' } },
    ]);
    const back = { ...grant, id: uuid7(), debitAccountId: creditAccountId, creditAccountId: debitAccountId };
    await gateway.createTransfer({ ...back, reason: Reason.RETURN });
    expect(await quota.entriesOf(back.id)).toMatchObject([{ tenant_id: project.tenantId }]);
    expect(await quota.entriesOf('nvidia.h100')).toMatchObject([
      { action: 'rate.set', after: { ucrPerDeviceHour: '9' } },
    ]);
  });

  it('has no words of whoever applies, but a digest that proves them while they are kept', async () => {
    await using quota = await setup();
    await found(quota, [programme()]);
    const words = { purpose: 'To find my own disease.', attributes: { institution: 'Clinic of Nowhere' } };
    const request = proposal(quota.project, words);
    await quota.for(memberOf(quota.project)).programmes.submitProposal(request);
    const [record, ...more] = await quota.entriesOf(request.id);
    const [row] = await ask<{ salt: string }>(quota.database.url, 'SELECT salt FROM proposal WHERE id = $1', [
      request.id,
    ]);
    expect(JSON.stringify([record, more])).not.toMatch(/disease|Nowhere/);
    expect(record?.after).toMatchObject({ requestedUcr: '400', textSha256: textDigest(row?.salt ?? '', words) });
  });

  async function setup() {
    const quota = await quotaUnderTest();
    const { url } = quota.database;
    return {
      ...quota,
      entriesOf: (subject: string) =>
        ask<Entry>(url, 'SELECT * FROM journal WHERE subject = $1 ORDER BY seq', [subject]),
      count: async () => Number((await ask<{ n: string }>(url, 'SELECT count(*) AS n FROM journal'))[0]?.n),
    };
  }
});
