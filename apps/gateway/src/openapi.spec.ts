import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import type { OpenAPIObject } from '@nestjs/swagger';
import { gatewayUnderTest, SERVICES } from '../testing/gateway-under-test.ts';
import { describeApi } from './api-description.ts';

interface Operation {
  operationId?: string;
  summary?: string;
  description?: string;
  security?: object[];
  parameters?: { name: string; in: string; required?: boolean; description?: string; schema?: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

const OPEN = ['GetHealth', 'GetMetrics', 'SignIn', 'SignInCallback', 'GetSession', 'SignOut'];

describe('the OpenAPI document', () => {
  it('is the committed one: `nx run @kontor/gateway:openapi` refreshes it', async () => {
    expect(await describeApi()).toBe(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8'));
  });

  it('is served as it was described, and Swagger UI beside it, without a token', async () => {
    await using it = await gatewayUnderTest(await testTls(SERVICES));
    const served = await it.get('/docs/openapi.json', { token: false });
    expect(served.json).toEqual(JSON.parse(await describeApi()));
    const page = await it.get('/docs', { token: false });
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    for (const part of ['swagger-ui-bundle.js', 'swagger-ui.css', 'swagger-ui-init.js']) {
      expect(await it.get(`/docs/${part}`, { token: false })).toMatchObject({ status: 200 });
    }
  });

  it('is where the bare address leads, for whoever types it into a browser', async () => {
    await using it = await gatewayUnderTest(await testTls(SERVICES));
    expect(await it.get('/', { token: false })).toMatchObject({ status: 302, headers: { location: '/docs' } });
  });

  it('leads every reference somewhere', async () => {
    const { text, document } = await setup();
    const found = text.matchAll(/"\$ref": "#\/components\/schemas\/([^"]+)"/g);
    const references = [...found].map(([, name]) => String(name));
    expect(references.length).toBeGreaterThan(100);
    for (const name of references) expect(Object.keys(document.components?.schemas ?? {})).toContain(name);
  });

  it('gives every operation its own id and a heading from the contract', async () => {
    const { operations } = await setup();
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids).toHaveLength(new Set(ids).size);
    for (const { operationId, summary } of operations) {
      expect(operationId).toMatch(/^[A-Z][A-Za-z]+$/);
      expect(summary).toMatch(/^\S.{5,}[^.]$/);
    }
  });

  it('wants a caller everywhere but where supervisors and Prometheus ask, and where one signs in', async () => {
    const { operations } = await setup();
    for (const { operationId = '', security } of operations) {
      const expected = OPEN.includes(operationId) ? [] : [{ bearer: [] }, { cookie: [] }];
      expect({ operationId, security }).toEqual({ operationId, security: expected });
    }
  });

  it('says of every operation behind the guard who may use it, as the contract does', async () => {
    const { operations } = await setup();
    const said = new Map(operations.map(({ operationId, description = '' }) => [operationId, description]));
    for (const { operationId = '' } of operations) {
      if (!OPEN.includes(operationId)) expect(said.get(operationId)).toMatch(/(^|\n\n)Who may: [^\n]+\.$/);
    }
    expect(said.get('SubmitJob')).toMatch(/Who may: the project's members\.$/);
    expect(said.get('ListSites')).toMatch(/Who may: whoever has signed in and programs with a token of any project\.$/);
    expect(said.get('ListTenants')).toMatch(/Who may: whoever has signed in\.$/);
    expect(said.get('GetProject')).toMatch(/Who may: the project's viewers and members, operator staff and audit/);
  });

  it('tells for every operation behind the guard how problems read', async () => {
    const { operations } = await setup();
    for (const { operationId = '', responses } of operations) {
      if (OPEN.includes(operationId)) continue;
      for (const status of ['400', '401', '403', '404', '503', 'default']) {
        expect({ operationId, ...responses[status]?.content }).toEqual({
          operationId,
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        });
      }
      expect(Object.keys(responses).filter((status) => status.startsWith('2'))).toHaveLength(1);
    }
  });

  it('declares each parameter of a path once, described and bounded', async () => {
    const { paths } = await setup();
    for (const [path, operations] of Object.entries(paths)) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
      for (const { parameters = [] } of Object.values(operations)) {
        const inPath = parameters.filter((parameter) => parameter.in === 'path');
        expect(inPath.map(({ name }) => name).sort()).toEqual(named);
        for (const { description, schema } of inPath) {
          expect(description).toMatch(/\.$/);
          expect(Object.keys(schema ?? {}).length).toBeGreaterThan(1);
        }
      }
    }
  });

  it('says what each value of an enum means', async () => {
    const { document } = await setup();
    expect(document.components?.schemas?.['AccountPurpose']).toMatchObject({
      description: expect.stringMatching(
        /^What the account is for\.\n.*- LATE_USAGE: Pays for use beyond cover; overdrawn by all that was ever late/s,
      ),
    });
    expect(document.components?.schemas?.['ClusterState']).toEqual({
      type: 'string',
      enum: ['UNSPECIFIED', 'READY', 'UNREACHABLE'],
      description: '- UNREACHABLE: The engine does not answer: nothing new is placed here.',
    });
  });

  it('lists only the values that a field may have, where those are fewer', async () => {
    const { document } = await setup();
    expect(document.components?.schemas?.['CreateTransferRequest']).toMatchObject({
      properties: { reason: { type: 'string', enum: ['GRANT', 'RETURN'] } },
    });
  });

  it('pages lists by pageSize and pageToken', async () => {
    const { operations } = await setup();
    const paged = operations.filter(({ parameters = [] }) => parameters.some(({ name }) => name === 'pageToken'));
    expect(paged.map(({ operationId }) => operationId).sort()).toEqual([
      'GetReport',
      'GetStatement',
      'GetTenantReport',
      'ListAwards',
      'ListChanges',
      'ListChargeRecords',
      'ListDecisions',
      'ListJobs',
      'ListJournal',
      'ListMyProjects',
      'ListOperatorAccounts',
      'ListPendingProposals',
      'ListProgrammes',
      'ListProjectAccounts',
      'ListProjectInvitations',
      'ListProjectMembers',
      'ListProjectTokens',
      'ListProjectTransfers',
      'ListProjects',
      'ListProposals',
      'ListRates',
      'ListTenantAdmins',
      'ListTenantInvitations',
      'ListTenants',
      'ListTransfers',
    ]);
    expect(paged[0]?.parameters).toContainEqual({
      name: 'pageSize',
      in: 'query',
      required: false,
      description: 'Most items to return; 50 when absent. A page of large items has fewer.',
      schema: { type: 'integer', format: 'int32', minimum: 0, maximum: 500, example: 0 },
    });
  });
});

async function setup() {
  const text = await describeApi();
  const document = JSON.parse(text) as OpenAPIObject;
  const paths = document.paths as Record<string, Record<string, Operation>>;
  return { text, document, paths, operations: Object.values(paths).flatMap((methods) => Object.values(methods)) };
}
