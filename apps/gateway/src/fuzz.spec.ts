import { Agent } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import fc, { type Arbitrary } from 'fast-check';
import { broken, valid, type Schema, type Schemas } from '../testing/body-arbitrary.ts';
import { gatewayUnderTest, PROJECT, SERVICES } from '../testing/gateway-under-test.ts';
import type { Reply } from '../testing/http-client.ts';
import { describeApi } from './api-description.ts';

interface Document {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: Schema }> } }>>;
  components: { schemas: Schemas };
}

const { paths, components: { schemas } } = JSON.parse(await describeApi()) as Document;

/** Every POST that takes a body, with the schema of it. */
const posts = Object.entries(paths).flatMap(([path, { post }]) => {
  const schema = post?.requestBody?.content['application/json']?.schema;
  return schema ? [{ path: path.replace('{projectId}', PROJECT), schema }] : [];
});

const gateway = await gatewayUnderTest(await testTls(SERVICES));
const agent = new Agent({ keepAlive: true });
afterAll(async () => {
  agent.destroy();
  await gateway[Symbol.asyncDispose]();
});

describe('bodies made from the OpenAPI document', () => {
  it('are for every route that takes one', () => {
    expect(posts).toHaveLength(5);
  });

  it.each(posts)('are taken by POST $path when the document allows them', async ({ path, schema }) => {
    await sendAll(path, valid(schema, schemas), (reply) => expect(reply.status).toBeLessThan(300));
  });

  it.each(posts)('are refused by POST $path when one thing is wrong with them', async ({ path, schema }) => {
    await sendAll(path, broken(schema, schemas), (reply) => {
      expect(reply).toMatchObject({ status: 400, json: { code: 'invalid_request' } });
      expect((reply.json as { violations: object[] }).violations.length).toBeGreaterThan(0);
    });
  });

  it.each(posts)('are a problem to POST $path when they are anything else', async ({ path }) => {
    await sendAll(path, fc.jsonValue({ maxDepth: 4 }), (reply) => {
      expect(reply.status).toBe(400);
      expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    });
  });
});

async function sendAll(path: string, bodies: Arbitrary<unknown>, check: (reply: Reply) => void): Promise<void> {
  const property = fc.asyncProperty(bodies, async (body) => {
    // Ids repeat while a counter-example is made smaller; each body is judged by itself.
    gateway.compute.jobs.clear();
    gateway.quota.transfers.clear();
    check(await gateway.ask('POST', path, { body, agent }));
  });
  await fc.assert(property, { numRuns: 40, interruptAfterTimeLimit: 1_000, markInterruptAsFailure: false });
}
