import { describe, expect, it } from '@jest/globals';
import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { CLASS, codeOf, fundedProject, quotaUnderTest } from '../testing/quota-under-test.ts';

describe('accounts', () => {
  it('are opened once: their id follows from what they are for', async () => {
    await using quota = await quotaUnderTest();
    const project = newProject();
    const request = { project, purpose: Purpose.PROJECT, asset: 'CR:demo', floor: -50n };
    const opened = await Promise.all(Array.from({ length: 8 }, () => quota.gateway.openAccount(request)));
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
    expect(opened[0]).toMatchObject({ balance: 0n, held: 0n, floor: -50n, available: 50n, project });
  });

  it('keep the floor they were opened with', async () => {
    await using quota = await quotaUnderTest();
    const request = { project: newProject(), purpose: Purpose.PROJECT, asset: 'CR:demo' };
    expect((await quota.gateway.openAccount(request)).floor).toBe(0n);
    expect((await quota.gateway.openAccount({ ...request, floor: 0n })).floor).toBe(0n);
    expect(await codeOf(quota.gateway.openAccount({ ...request, floor: -1n }))).toBe('exists_with_different_floor');
  });

  const PROJECT = { purpose: Purpose.PROJECT, asset: 'CR:demo' };
  const TREASURY = { purpose: Purpose.TREASURY, asset: 'CR:demo' };

  it.each([
    { name: 'a project account without a project', request: PROJECT, code: 'purpose_does_not_fit' },
    { name: 'a treasury of a project', request: { ...TREASURY, project: newProject() }, code: 'purpose_does_not_fit' },
    { name: 'a floor under the treasury', request: { ...TREASURY, floor: -1n }, code: 'floor_does_not_fit' },
    { name: 'no purpose', request: { asset: 'CR:demo' }, code: 'invalid_request' },
    { name: 'an unknown asset', request: { ...TREASURY, asset: 'GOLD:bars' }, code: 'invalid_request' },
    { name: 'a positive floor', request: { ...PROJECT, project: newProject(), floor: 1n }, code: 'invalid_request' },
  ])('refuse $name', async ({ request, code }) => {
    await using quota = await quotaUnderTest();
    const before = await quota.gateway.listAccounts({});
    expect(await codeOf(quota.gateway.openAccount(request))).toBe(code);
    expect(await quota.gateway.listAccounts({})).toEqual(before);
  });

  it('are listed for one project alone', async () => {
    await using quota = await quotaUnderTest();
    const { accounts } = await quota.gateway.listAccounts({ project: quota.project });
    expect(accounts.map(({ asset }) => asset)).toEqual(['CR:demo', `DEVICE_MS:${CLASS}`, `SLOTS:${CLASS}`]);
    expect(accounts.every(({ project }) => project?.projectId === quota.project.projectId)).toBe(true);
    const { projectId } = await fundedProject(quota.gateway);
    const stranger = { tenantId: quota.project.tenantId, projectId };
    expect((await quota.gateway.listAccounts({ project: stranger })).accounts).toEqual([]);
  });

  it('of the operator open by themselves when a class is first used', async () => {
    await using quota = await quotaUnderTest();
    await quota.compute.reserve(quota.terms());
    const { accounts } = await quota.gateway.listAccounts({});
    const opened = accounts.filter(({ purpose }) => purpose !== Purpose.TREASURY);
    expect(opened.map(({ purpose, asset }) => `${Purpose[purpose]} ${asset}`)).toEqual([
      'REVENUE CR:demo',
      'LATE_USAGE CR:demo',
      `REVENUE DEVICE_MS:${CLASS}`,
      `LATE_USAGE DEVICE_MS:${CLASS}`,
      `REVENUE SLOTS:${CLASS}`,
    ]);
    for (const { project, floor, available } of accounts) {
      expect([project, floor, available]).toEqual([undefined, undefined, undefined]);
    }
  });

  function newProject() {
    return { tenantId: uuid7(), projectId: uuid7() };
  }
});
