import { Agent } from 'node:http';
import { afterAll, describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import fc, { type Arbitrary } from 'fast-check';
import { broken, valid, type Schema, type Schemas } from '../testing/body-arbitrary.ts';
import { gatewayUnderTest, PROJECT, SERVICES, TENANT } from '../testing/gateway-under-test.ts';
import type { Reply } from '../testing/http-client.ts';
import { describeApi } from './api-description.ts';

interface Document {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: Schema }> } }>>;
  components: { schemas: Schemas };
}

const {
  paths,
  components: { schemas },
} = JSON.parse(await describeApi()) as Document;

/** Every operation that takes a body, with the schema of it. */
const writes = Object.entries(paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { requestBody }]) => {
    const schema = requestBody?.content['application/json']?.schema;
    return schema ? [{ method: method.toUpperCase(), path: filled(path), schema }] : [];
  }),
);

function filled(path: string): string {
  return path
    .replace('{projectId}', PROJECT)
    .replace('{tenantId}', TENANT)
    .replace('{service}', 'quota')
    .replace(/\{\w+\}/g, PROJECT);
}

const gateway = await gatewayUnderTest(await testTls(SERVICES));
const agent = new Agent({ keepAlive: true });
afterAll(async () => {
  agent.destroy();
  await gateway[Symbol.asyncDispose]();
});

describe('bodies made from the OpenAPI document', () => {
  it('are for every route that takes one', () => {
    expect(writes.length).toBeGreaterThanOrEqual(18);
  });

  it.each(writes)('are taken by $method $path when the document allows them', async ({ schema, ...to }) => {
    await sendAll(to, valid(schema, schemas), (reply) => expect(reply.status).toBeLessThan(300));
  });

  it.each(writes)('are refused by $method $path when one thing is wrong with them', async ({ schema, ...to }) => {
    await sendAll(to, broken(schema, schemas), (reply) => {
      expect(reply).toMatchObject({ status: 400, json: { code: 'invalid_request' } });
      expect((reply.json as { violations: object[] }).violations.length).toBeGreaterThan(0);
    });
  });

  it.each(writes)('are a problem to $method $path when they are anything else', async (to) => {
    await sendAll(
      to,
      fc.jsonValue({ maxDepth: 4 }).filter((json) => JSON.stringify(json) !== '{}'),
      (reply) => {
        expect(reply.status).toBe(400);
        expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      },
    );
  });
});

interface Target {
  method: string;
  path: string;
}

async function sendAll(to: Target, bodies: Arbitrary<unknown>, check: (reply: Reply) => void): Promise<void> {
  const property = fc.asyncProperty(bodies, async (body) => {
    // Ids repeat while a counter-example is made smaller; each body is judged by itself.
    gateway.compute.jobs.clear();
    gateway.quota.transfers.clear();
    check(await gateway.ask(to.method, to.path, { body, agent }));
  });
  await fc.assert(property, { numRuns: 40, interruptAfterTimeLimit: 1_000, markInterruptAsFailure: false });
}
