import { describe, expect, it } from '@jest/globals';
import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import { uuid7 } from '@kontor/kit/id';
import { testDatabase } from '@kontor/testing/database';
import { testTls } from '@kontor/testing/test-tls';
import { CLASS, fundedProject, startQuota, UCR_PER_MS } from '../testing/quota-under-test.ts';
import database from './database.ts';

describe('accounts', () => {
  it('are opened once: their id follows from what they are for', async () => {
    await using quota = await setup();
    const request = { project: quota.project, purpose: Purpose.PROJECT, asset: 'CR:demo', floor: -50n };
    const opened = await Promise.all(Array.from({ length: 8 }, () => quota.gateway.openAccount(request)));
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
    expect(opened[0]).toMatchObject({ balance: 0n, held: 0n, floor: -50n, available: 50n, project: quota.project });
  });

  it('keep the floor they were opened with', async () => {
    await using quota = await setup();
    const request = { project: quota.project, purpose: Purpose.PROJECT, asset: 'CR:demo' };
    expect((await quota.gateway.openAccount(request)).floor).toBe(0n);
    expect((await quota.gateway.openAccount({ ...request, floor: 0n })).floor).toBe(0n);
    await expect(quota.gateway.openAccount({ ...request, floor: -1n })).rejects.toMatchObject({ code: 'exists_with_different_floor' });
  });

  it.each([
    { name: 'a project account without a project', project: false, purpose: Purpose.PROJECT, code: 'purpose_does_not_fit' },
    { name: 'a treasury of a project', project: true, purpose: Purpose.TREASURY, code: 'purpose_does_not_fit' },
    { name: 'a floor under the treasury', project: false, purpose: Purpose.TREASURY, floor: -1n, code: 'floor_does_not_fit' },
    { name: 'no purpose', project: true, purpose: Purpose.UNSPECIFIED, code: 'invalid_request' },
    { name: 'an asset that nobody knows', project: true, purpose: Purpose.PROJECT, asset: 'GOLD:bars', code: 'invalid_request' },
    { name: 'a positive floor', project: true, purpose: Purpose.PROJECT, floor: 1n, code: 'invalid_request' },
  ])('refuse $name', async ({ project, purpose, asset = 'CR:demo', code, ...floor }) => {
    await using quota = await setup();
    const request = { ...(project && { project: quota.project }), purpose, asset, ...('floor' in floor && { floor: floor.floor }) };
    await expect(quota.gateway.openAccount(request)).rejects.toMatchObject({ code });
    expect((await quota.gateway.listAccounts(project ? { project: quota.project } : {})).accounts).toEqual([]);
  });

  it('are listed for one project alone', async () => {
    await using quota = await setup();
    const [one, other] = [await fundedProject(quota.gateway), await fundedProject(quota.gateway)];
    const { accounts } = await quota.gateway.listAccounts({ project: one });
    expect(accounts.map(({ asset }) => asset)).toEqual(['CR:demo', `DEVICE_MS:${CLASS}`, `SLOTS:${CLASS}`]);
    expect(accounts.every(({ project }) => project?.projectId === one.projectId)).toBe(true);
    const stranger = { tenantId: one.tenantId, projectId: other.projectId };
    expect((await quota.gateway.listAccounts({ project: stranger })).accounts).toEqual([]);
  });

  it('of the operator open by themselves when a class is first used', async () => {
    await using quota = await setup();
    const project = await fundedProject(quota.gateway);
    await quota.gateway.setRate({ acceleratorClass: CLASS, ucrPerDeviceHour: UCR_PER_MS });
    await quota.compute.reserve({ project, id: uuid7(), acceleratorClass: CLASS, slots: 1, coverDeviceMs: 1n, timeoutMs: 60_000n });
    const { accounts } = await quota.gateway.listAccounts({});
    expect(accounts.filter(({ purpose }) => purpose !== Purpose.TREASURY).map(({ purpose, asset }) => `${Purpose[purpose]} ${asset}`)).toEqual([
      'REVENUE CR:demo', 'LATE_USAGE CR:demo', `REVENUE DEVICE_MS:${CLASS}`, `LATE_USAGE DEVICE_MS:${CLASS}`, `REVENUE SLOTS:${CLASS}`,
    ]);
    expect(accounts.every(({ floor, available, project: owner }) => floor === undefined && available === undefined && !owner)).toBe(true);
  });

  async function setup() {
    const ledger = await testDatabase('quota', database.migrations);
    const quota = await startQuota({ database: ledger, tls: await testTls(['quota', 'compute', 'gateway']) });
    return {
      ...quota, project: { tenantId: uuid7(), projectId: uuid7() },
      async [Symbol.asyncDispose]() {
        await quota[Symbol.asyncDispose]();
        await ledger.drop();
      },
    };
  }
});
