import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, PROJECT, SERVICES, TENANT } from '../testing/gateway-under-test.ts';

const project = { tenantId: TENANT, projectId: PROJECT };

describe('the ledger over REST', () => {
  it('opens accounts, whose absent floor stays absent', async () => {
    await using it = await setup();
    const account = { project, purpose: 'PROJECT', asset: 'CR:demo' };
    const opened = await it.post('/v1/accounts', account);
    expect(opened).toMatchObject({ status: 201, json: { ...account, balance: '0' } });
    expect(opened.json).not.toHaveProperty('floor');
    expect(await it.post('/v1/accounts', { ...account, floor: '-5' })).toMatchObject({ json: { floor: '-5' } });
  });

  it("lists a project's accounts apart from the operator's, balances to the last digit", async () => {
    await using it = await setup();
    const balance = '-9007199254740993';
    expect((await it.get('/v1/accounts')).json).toEqual({ accounts: [expect.not.objectContaining({ project })] });
    expect((await it.get(`/v1/projects/${PROJECT}/accounts`)).json).toEqual({
      accounts: [expect.objectContaining({ project, balance })],
    });
  });

  it('moves an amount once, however often it is told to', async () => {
    await using it = await setup();
    const transfer = {
      id: randomUUID(),
      debitAccountId: randomUUID(),
      creditAccountId: randomUUID(),
      amount: '1000000000000000000',
      reason: 'GRANT',
    };
    const first = await it.post('/v1/transfers', transfer);
    expect(first).toMatchObject({ status: 201, json: transfer });
    expect(await it.post('/v1/transfers', transfer)).toMatchObject({ status: 201, json: first.json });
    expect(await it.post('/v1/transfers', { ...transfer, amount: '1' })).toMatchObject({ status: 409 });
    expect(it.quota.transfers.get(transfer.id)?.amount).toBe(10n ** 18n);
  });

  it('pages the transfers of an account, whatever is in the token', async () => {
    await using it = await setup();
    const path = `/v1/accounts/${randomUUID()}/transfers`;
    const { headers, json } = await it.get(`${path}?pageSize=3`);
    expect(json).toMatchObject({ transfers: [{ reason: 'GRANT' }], page: { nextPageToken: 'two two' } });
    expect(headers.link).toBe(`<${path}?pageSize=3&pageToken=two+two>; rel="next"`);
  });

  it("shows the transfers of a project's account as the project's", async () => {
    await using it = await setup();
    const accountId = randomUUID();
    await it.get(`/v1/projects/${PROJECT}/accounts/${accountId}/transfers?pageSize=3`);
    await it.get(`/v1/accounts/${accountId}/transfers`);
    expect(it.quota.listed).toMatchObject([{ accountId, project, page: { pageSize: 3 } }, { accountId }]);
    expect(it.quota.listed[1]?.project).toBeUndefined();
  });

  it('sets and lists rates', async () => {
    await using it = await setup();
    const rate = { acceleratorClass: 'cpu.x86_64', ucrPerDeviceHour: '3600000' };
    expect(await it.post('/v1/rates', rate)).toMatchObject({ status: 201, json: rate });
    expect(await it.get('/v1/rates')).toMatchObject({ status: 200, json: { rates: [rate] } });
  });

  it('shows charge records and the trial balance', async () => {
    await using it = await setup();
    const records = await it.get(`/v1/projects/${PROJECT}/charge-records`);
    expect(records.json).toMatchObject({ chargeRecords: [{ costUcr: '12' }] });
    expect((await it.get('/v1/trial-balance')).json).toMatchObject({ assets: [{ asset: 'CR:demo', sum: '0' }] });
  });
});

describe('the catalogue over REST', () => {
  it('shows sites with their pools, and accelerator classes', async () => {
    await using it = await setup();
    const pools = [{ slots: 2, memoryBytesPerNode: '1099511627776' }];
    expect((await it.get('/v1/sites')).json).toMatchObject({ sites: [{ id: 'home', clusters: [{ pools }] }] });
    expect((await it.get('/v1/accelerator-classes')).json).toMatchObject({ classes: [{ name: 'cpu.x86_64' }] });
  });
});

const setup = async () => gatewayUnderTest(await testTls(SERVICES));
