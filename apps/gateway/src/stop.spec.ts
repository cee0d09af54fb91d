import { request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kontor/testing/eventually';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, jobs, newJob, SERVICES } from '../testing/gateway-under-test.ts';

describe('stopping the gateway', () => {
  it('lets requests in progress finish and takes no new ones', async () => {
    await using it = await gatewayUnderTest(await testTls(SERVICES));
    it.compute.answerAfterMs = 500;
    const inProgress = it.post(jobs, newJob());
    await eventually('compute is asked', () => it.compute.asked > 0);
    const stopped = it.gateway.close();
    await expect(it.get('/v1/me')).rejects.toThrow('ECONNREFUSED');
    expect(await inProgress).toMatchObject({ status: 201 });
    await stopped;
  });

  it('cuts those who follow a log, within ten seconds', async () => {
    await using it = await gatewayUnderTest(await testTls(SERVICES));
    const job = newJob();
    await it.post(jobs, job);
    const cut = new Promise((resolve) => {
      const headers = { authorization: `Bearer ${it.token}` };
      const follow = request(`${it.url}${jobs}/${job.id}/logs/stdout?follow=true`, { headers });
      follow.on('response', (incoming) => incoming.resume().on('error', resolve)).end();
    });
    await eventually('the log is followed', () => it.compute.followers === 1);
    const since = performance.now();
    await it.gateway.close();
    expect(performance.now() - since).toBeLessThan(10_000);
    await expect(cut).resolves.toMatchObject({ message: 'aborted' });
    await eventually('compute is told', () => it.compute.followers === 0);
  });

  it('may be asked for twice', async () => {
    await using it = await gatewayUnderTest(await testTls(SERVICES));
    await Promise.all([it.gateway.close(), it.gateway.close()]);
  });
});
