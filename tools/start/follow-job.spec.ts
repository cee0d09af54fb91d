import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { followJob, type Job } from './follow-job.ts';
import { restOf } from './rest.ts';

describe('a job that is followed', () => {
  it('tells why it waits and what it prints, until it has ended', async () => {
    await using place = await setup(
      { state: 'QUEUED', detail: 'No core is free.' },
      { state: 'RUNNING', detail: 'It runs.' },
      { state: 'FAILED', detail: 'The program exited with 1.' },
    );
    expect(await place.follow()).toMatchObject({ state: 'FAILED', detail: 'The program exited with 1.' });
    expect(place.told).toEqual(['QUEUED No core is free.', 'RUNNING round 2 of 3']);
  });

  it('is not waited for without end while it has no place', async () => {
    await using place = await setup({ state: 'QUEUED', detail: 'No core is free.' });
    await expect(place.follow()).rejects.toThrow('It has waited 0.2 s for its place: No core is free.');
  });

  it('may run for longer than it may wait', async () => {
    const running = Array.from({ length: 20 }, () => ({ state: 'RUNNING' }));
    await using place = await setup(...running, { state: 'SUCCEEDED' });
    expect(await place.follow()).toMatchObject({ state: 'SUCCEEDED' });
  });
});

/** An API whose only job is in one of these states after the other, and stays in the last. */
async function setup(...states: Job[]) {
  let asked = 0;
  const server = createServer((request, response) => {
    const isLog = request.url?.endsWith('/logs/stdout');
    const job = states[Math.min(asked, states.length - 1)];
    if (!isLog) asked++;
    response.end(isLog ? 'round 1 of 3\nround 2 of 3\n' : JSON.stringify(job));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const rest = restOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, async () => 'token');
  const told: string[] = [];
  return {
    told,
    follow: () =>
      followJob(rest, '/v1/projects/p/jobs/j', {
        detail: (text) => void told.push(text),
        signal: new AbortController().signal,
        queuedMs: 200,
        pollMs: 20,
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
