import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '@kontor/testing/eventually';
import { FakeClock } from '@kontor/testing/fake-clock';
import { testTls } from '@kontor/testing/test-tls';
import { gatewayUnderTest, jobs, newJob, SERVICES, TENANT } from '../testing/gateway-under-test.ts';

describe('a call that the gateway makes', () => {
  it('ends when it was for a reader, and the reader has hung up', async () => {
    await using it = await setup();
    const reader = it.hangingUp('GET', '/v1/tenants');
    await eventually('tenancy is asked', () => it.tenancy.asked.length === 1);
    reader.destroy();
    await eventually('tenancy is told', () => it.tenancy.givenUp === 1);
  });

  it('is not given up for one reader because another has hung up who asked the same', async () => {
    await using it = await setup();
    const { promise, resolve } = Promise.withResolvers<void>();
    it.tenancy.resolving = promise;
    const first = it.hangingUp('GET', '/v1/me');
    await eventually('tenancy is asked who that is', () => it.tenancy.resolved.length === 1);
    const second = it.get('/v1/me');
    await sleep(100);
    first.destroy();
    await sleep(100);
    resolve();
    expect(await second).toMatchObject({ status: 200 });
    expect(it.tenancy.resolved).toHaveLength(1);
  });

  it('is not begun for a reader who hung up before it was known who they are', async () => {
    await using it = await setup();
    const job = newJob();
    await it.post(jobs, job);
    it.clock.advance(5_001);
    const { promise, resolve } = Promise.withResolvers<void>();
    it.tenancy.resolving = promise;
    const known = it.tenancy.resolved.length;
    const reader = it.hangingUp('GET', `${jobs}/${job.id}/logs/stdout?follow=true`);
    await eventually('tenancy is asked who that is', () => it.tenancy.resolved.length === known + 1);
    reader.destroy();
    await sleep(100);
    resolve();
    await sleep(300);
    expect(it.compute.readUntil).toBeUndefined();
  });

  it('goes on when it changes something, whoever has hung up', async () => {
    await using it = await setup();
    const writer = it.hangingUp('POST', `/v1/tenants/${TENANT}/resume`);
    await eventually('tenancy is asked', () => it.tenancy.asked.length === 1);
    writer.destroy();
    await sleep(200);
    expect(it.tenancy.givenUp).toBe(0);
  });

  it('ends by itself after a few seconds, or after a day where it is a stream', async () => {
    await using it = await setup();
    it.open();
    await it.get('/v1/tenants');
    const leftMs = (it.tenancy.asked[0]?.deadline.getTime() ?? 0) - Date.now();
    expect(leftMs).toBeGreaterThan(3_000);
    expect(leftMs).toBeLessThan(5_000);
    const job = newJob();
    await it.post(jobs, job);
    expect(await it.get(`${jobs}/${job.id}/logs/stdout`)).toMatchObject({ status: 200 });
    const streamMs = (it.compute.readUntil?.getTime() ?? 0) - Date.now();
    expect(Math.round(streamMs / 3_600_000)).toBe(24);
  });

  it('is for whoever asked, however many ask at the same time', async () => {
    await using it = await setup();
    const subjects = Array.from({ length: 20 }, (_, i) => `person-${i}`);
    const replies = subjects.map(async (sub) => it.get('/v1/projects', { token: await it.realm.token({ sub }) }));
    await eventually('all have asked', () => it.tenancy.asked.length === subjects.length);
    it.open();
    expect(new Set((await Promise.all(replies)).map(({ status }) => status))).toEqual(new Set([200]));
    expect(it.tenancy.asked.map(({ actor }) => actor).sort()).toEqual(subjects.map((sub) => `person:${sub}`).sort());
  });
});

/** A gateway whose tenancy answers when it is told to; whom a request is for it says at once. */
async function setup() {
  const clock = new FakeClock(new Date());
  const it = await gatewayUnderTest(await testTls(SERVICES), { clock });
  const { promise, resolve: open } = Promise.withResolvers<void>();
  it.tenancy.gate = promise;
  const hangingUp = (method: string, path: string) => {
    const headers = { authorization: `Bearer ${it.token}` };
    const outgoing = request(`${it.url}${path}`, { method, headers, agent: false });
    outgoing.on('error', () => undefined).end();
    return outgoing;
  };
  const dispose = async () => {
    open();
    await it[Symbol.asyncDispose]();
  };
  return { ...it, clock, open, hangingUp, [Symbol.asyncDispose]: dispose };
}
