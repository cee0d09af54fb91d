import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { testTls } from '@kontor/testing/test-tls';
import { KNOWN_SINCE } from '../testing/fake-tenancy.ts';
import { gatewayUnderTest, PROJECT, SERVICES, TENANT } from '../testing/gateway-under-test.ts';

const PERSON = '44444444-4444-4444-8444-444444444444';
const ID = '55555555-5555-4555-8555-555555555555';
const tenant = `/v1/tenants/${TENANT}`;
const project = `/v1/projects/${PROJECT}`;
const ref = { tenantId: TENANT, projectId: PROJECT };

/** What is sent, and what tenancy must be asked. */
const routes: [method: string, path: string, body: object | undefined, status: number, asked: object][] = [
  ['POST', '/v1/tenants', { slug: 'uni', displayName: 'University' }, 201, { slug: 'uni', displayName: 'University' }],
  ['GET', '/v1/tenants?pageSize=7', undefined, 200, { page: { pageSize: 7 } }],
  ['GET', tenant, undefined, 200, { tenantId: TENANT }],
  [
    'PATCH',
    tenant,
    { resourceVersion: '3', displayName: 'New' },
    200,
    { tenantId: TENANT, resourceVersion: 3n, displayName: 'New' },
  ],
  ['PATCH', tenant, { resourceVersion: '3', parentId: '' }, 200, { parentId: '' }],
  ['POST', `${tenant}/suspend`, { reason: 'fraud' }, 200, { tenantId: TENANT, reason: 'fraud' }],
  ['POST', `${tenant}/resume`, undefined, 200, { tenantId: TENANT }],
  ['POST', `${tenant}/projects`, { slug: 'p', displayName: 'P' }, 201, { tenantId: TENANT, slug: 'p' }],
  ['GET', `${tenant}/projects?pageToken=x`, undefined, 200, { tenantId: TENANT, page: { pageToken: 'x' } }],
  ['GET', `${tenant}/admins?pageSize=2`, undefined, 200, { tenantId: TENANT, page: { pageSize: 2 } }],
  ['DELETE', `${tenant}/admins/${PERSON}`, undefined, 200, { tenantId: TENANT, personId: PERSON }],
  [
    'POST',
    `${tenant}/invitations`,
    { id: ID, email: 'a@b.example' },
    201,
    { tenantId: TENANT, id: ID, email: 'a@b.example' },
  ],
  [
    'GET',
    `${tenant}/invitations?pageToken=x`,
    undefined,
    200,
    { tenantId: TENANT, projectId: '', page: { pageToken: 'x' } },
  ],
  ['POST', `${tenant}/invitations/${ID}/revoke`, undefined, 200, { tenantId: TENANT, projectId: '', id: ID }],
  ['GET', '/v1/projects', undefined, 200, { page: { pageSize: 0 } }],
  ['GET', project, undefined, 200, { project: ref }],
  ['PATCH', project, { resourceVersion: '1', displayName: 'N' }, 200, { project: ref, resourceVersion: 1n }],
  ['POST', `${project}/suspend`, { reason: 'idle' }, 200, { project: ref, reason: 'idle' }],
  ['POST', `${project}/resume`, undefined, 200, { project: ref }],
  ['POST', `${project}/transfer`, { ownerId: PERSON }, 200, { project: ref, ownerId: PERSON }],
  [
    'GET',
    `${project}/members?pageSize=2&pageToken=x`,
    undefined,
    200,
    { project: ref, page: { pageSize: 2, pageToken: 'x' } },
  ],
  ['PUT', `${project}/members/${PERSON}`, { role: 'VIEWER' }, 200, { project: ref, personId: PERSON, role: 4 }],
  ['DELETE', `${project}/members/${PERSON}`, undefined, 200, { project: ref, personId: PERSON }],
  ['POST', `${project}/leave`, undefined, 200, { project: ref }],
  [
    'POST',
    `${project}/invitations`,
    { id: ID, email: 'a@b.example', role: 'OWNER' },
    201,
    { project: ref, id: ID, email: 'a@b.example', role: 2 },
  ],
  ['GET', `${project}/invitations?pageSize=2`, undefined, 200, { ...ref, page: { pageSize: 2 } }],
  ['POST', `${project}/invitations/${ID}/revoke`, undefined, 200, { ...ref, id: ID }],
  ['POST', '/v1/invitations/accept', { secret: 'kinv_x' }, 200, { secret: 'kinv_x' }],
  [
    'POST',
    `${project}/tokens`,
    { id: ID, name: 'ci', role: 'MEMBER', expiresAt: '2027-01-01T00:00:00Z' },
    201,
    { project: ref, id: ID, name: 'ci', role: 3, expiresAt: { seconds: 1798761600n } },
  ],
  ['GET', `${project}/tokens?pageSize=2`, undefined, 200, { project: ref, page: { pageSize: 2 } }],
  ['POST', `${project}/tokens/${ID}/revoke`, undefined, 200, { project: ref, id: ID }],
  ['GET', '/v1/persons?email=Ada%40b.example', undefined, 200, { email: 'Ada@b.example', reference: '' }],
  ['GET', '/v1/persons?issuer=https%3A%2F%2Fid&subject=7', undefined, 200, { issuer: 'https://id', subject: '7' }],
  ['POST', `/v1/persons/${PERSON}/erase`, { reason: 'asked to' }, 200, { personId: PERSON, reason: 'asked to' }],
];

describe('tenancy over REST', () => {
  it.each(routes)('%s %s is passed on, for the caller, with what the path says', async (...given) => {
    const [method, path, body, status, asked] = given;
    await using it = await setup();
    expect(await it.ask(method, path, body && { body })).toMatchObject({ status });
    const actor = 'person:somebody-with-every-role';
    expect(it.tenancy.asked).toMatchObject([{ request: asked, actor, knownSince: KNOWN_SINCE }]);
  });

  const wrong: [method: string, path: string, body: object, field: string][] = [
    ['PATCH', tenant, { displayName: 'N' }, 'resourceVersion'],
    ['PATCH', tenant, { resourceVersion: '1', tenantId: randomUUID() }, 'tenantId'],
    ['POST', `${tenant}/projects`, { slug: 'Not A Slug', displayName: 'P' }, 'slug'],
    ['POST', `${tenant}/suspend`, {}, 'reason'],
    ['PUT', `${project}/members/${PERSON}`, { role: 'OWNER' }, 'role'],
    ['PUT', `${project}/members/me`, { role: 'VIEWER' }, 'personId'],
    ['POST', `${project}/invitations`, { email: 'nobody', role: 'MEMBER' }, 'email'],
    ['POST', `${project}/tokens`, { name: 'ci', role: 'MEMBER' }, 'expiresAt'],
    ['DELETE', `${tenant}/admins/7`, {}, 'personId'],
  ];
  it.each(wrong)('%s %s with %j is refused, naming %s', async (method, path, body, field) => {
    await using it = await setup();
    const reply = await it.ask(method, path, method === 'DELETE' ? {} : { body });
    expect(reply).toMatchObject({ status: 400, json: { code: 'invalid_request', violations: [{ field }] } });
    expect(it.tenancy.asked).toEqual([]);
  });

  it.each(['mine', '%20', '22222222-2222-4222-8222-22222222222G'])('does not know a project named %j', async (id) => {
    await using it = await setup();
    expect(await it.get(`/v1/projects/${id}`)).toMatchObject({
      status: 400,
      json: { code: 'invalid_request', violations: [{ field: 'projectId' }] },
    });
  });

  it('tells nobody whether a project is there that they may not see', async () => {
    await using it = await setup();
    const token = await it.realm.token();
    const hidden = await it.get(project, { token });
    const missing = await it.get(`/v1/projects/${ID}`, { token });
    const said = (json: unknown) =>
      JSON.stringify(json)
        .replaceAll(ID, PROJECT)
        .replace(/"instance":"[^"]*"/, '');
    expect(hidden.status).toBe(404);
    expect(said(hidden.json)).toBe(said(missing.json));
  });
});

const setup = async () => gatewayUnderTest(await testTls(SERVICES));
