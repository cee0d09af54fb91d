import { describe, expect, it } from '@jest/globals';
import { AccessRule_Role as Role } from '@kontor/contracts/rules/v1/rules';
import { Member_Role, type Caller } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid7 } from '@kontor/kit/id';
import { projectWith, tenantRunBy, university } from '../testing/story.ts';
import { codeOf, identityOf, OPERATOR_TENANT, tenancyUnderTest } from '../testing/tenancy-under-test.ts';
import type { Actor } from '../testing/through-gateway.ts';

describe('somebody who comes for the first time', () => {
  it('is remembered, with a name for the journal that tells nothing', async () => {
    await using tenancy = await tenancyUnderTest();
    const ada = await resolve(tenancy.gateway, 'ada');
    expect(ada).toMatchObject({ name: 'ada', email: 'ada@example.org', roles: [Role.SIGNED_IN], tenantId: '' });
    expect(ada.reference).toMatch(/^person:[\w-]{22}$/);
    expect(await resolve(tenancy.gateway, 'ada')).toEqual(ada);
    expect(await resolve(tenancy.gateway, 'bob')).not.toMatchObject({ reference: ada.reference });
    expect(await tenancy.journal(ada.reference)).toEqual([
      expect.objectContaining({ actor: 'gateway', action: 'person.first-seen', tenant_id: null }),
    ]);
  });

  it('is one person, however many requests come at the same time', async () => {
    await using tenancy = await tenancyUnderTest();
    const callers = await Promise.all(Array.from({ length: 20 }, () => resolve(tenancy.gateway, 'ada')));
    expect(new Set(callers.map(({ id }) => id)).size).toBe(1);
    expect(await tenancy.journal(callers[0]?.reference)).toHaveLength(1);
  });

  it('is another person where another provider vouches', async () => {
    await using tenancy = await tenancyUnderTest();
    const ada = await resolve(tenancy.gateway, 'ada');
    const other = await resolve(tenancy.gateway, 'ada', { issuer: 'https://elsewhere.example.org' });
    expect(other.id).not.toBe(ada.id);
  });
});

describe('somebody who comes again', () => {
  it('with a new name and address is known by these from now on, and the journal has neither', async () => {
    await using tenancy = await tenancyUnderTest();
    const { id, reference } = await resolve(tenancy.gateway, 'ada');
    const changed = { name: 'Ada Lovelace', email: 'lovelace@example.org' };
    expect(await resolve(tenancy.gateway, 'ada', changed)).toMatchObject({ id, reference, ...changed });
    expect(await resolve(tenancy.gateway, 'ada', changed)).toMatchObject(changed);
    const entries = await tenancy.journal(reference);
    expect(entries.map(({ action, after }) => [action, after])).toEqual([
      ['person.first-seen', null],
      ['person.update', { changed: ['name', 'email'] }],
    ]);
  });

  it('with a token that does not say everything keeps what is known', async () => {
    await using tenancy = await tenancyUnderTest();
    await resolve(tenancy.gateway, 'ada');
    const silent = await resolve(tenancy.gateway, 'ada', { name: '', email: '', emailVerified: false });
    expect(silent).toMatchObject({ name: 'ada', email: 'ada@example.org' });
    expect(await tenancy.journal(silent.reference)).toHaveLength(1);
  });

  it('is written down once, however many requests bring the same news', async () => {
    await using tenancy = await tenancyUnderTest();
    const { reference } = await resolve(tenancy.gateway, 'ada');
    const changed = { name: 'Ada Lovelace' };
    await Promise.all(Array.from({ length: 10 }, () => resolve(tenancy.gateway, 'ada', changed)));
    expect(await tenancy.journal(reference)).toHaveLength(2);
  });
});

describe('in a scope', () => {
  it('people have the roles of their memberships', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto, mia, vera, eve } = await university(tenancy);
    const rolesOf = async (actor: Actor) =>
      (await ask(tenancy.gateway, actor, project)).roles.map((role) => Role[role]);
    expect(await rolesOf(ada)).toEqual([
      'SIGNED_IN',
      'TENANT_ADMIN',
      'TENANT_MEMBER',
      'PROJECT_VIEWER',
      'TENANT_OBSERVER',
    ]);
    expect(await rolesOf(otto)).toEqual([
      'SIGNED_IN',
      'TENANT_MEMBER',
      'PROJECT_OWNER',
      'PROJECT_MEMBER',
      'PROJECT_VIEWER',
    ]);
    expect(await rolesOf(mia)).toEqual(['SIGNED_IN', 'TENANT_MEMBER', 'PROJECT_MEMBER', 'PROJECT_VIEWER']);
    expect(await rolesOf(vera)).toEqual(['SIGNED_IN', 'TENANT_MEMBER', 'PROJECT_VIEWER']);
    expect(await rolesOf(eve)).toEqual(['SIGNED_IN']);
    expect(await rolesOf(tenancy.staff)).toEqual(['SIGNED_IN', 'OPERATOR_STAFF']);
    expect(await rolesOf(tenancy.auditor)).toEqual(['SIGNED_IN', 'AUDITOR']);
  });

  it('a project alone leads to its tenant', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, mia } = await university(tenancy);
    const alone = await ask(tenancy.gateway, mia, { projectId: project.projectId });
    expect(alone).toMatchObject({ tenantId, projectId: project.projectId });
    expect(alone.roles).toContain(Role.PROJECT_MEMBER);
  });

  it('that there is not, nobody has a role, and none is named', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada } = await university(tenancy);
    const nowhere = [
      { tenantId: uuid7() },
      { projectId: uuid7() },
      { tenantId: OPERATOR_TENANT, projectId: project.projectId },
    ];
    for (const scope of nowhere) {
      expect(await ask(tenancy.gateway, ada, scope)).toMatchObject({
        roles: [Role.SIGNED_IN],
        tenantId: '',
        projectId: '',
      });
    }
  });

  it('an admin runs what is below too, and nobody runs what is above or beside', async () => {
    await using tenancy = await tenancyUnderTest();
    const [ada, bob] = [tenancy.person('ada'), tenancy.person('bob')];
    const top = await tenantRunBy(tenancy, ada, 'ministry');
    const below = await tenantRunBy(tenancy, bob, 'school', top.id);
    const project = await projectWith(bob, below.id, 'maths');
    const isAdmin = async (actor: Actor, scope: object) =>
      (await ask(tenancy.gateway, actor, scope)).roles.includes(Role.TENANT_ADMIN);
    expect(await isAdmin(ada, { tenantId: below.id })).toBe(true);
    expect(await isAdmin(ada, project)).toBe(true);
    expect(await isAdmin(bob, { tenantId: below.id })).toBe(true);
    expect(await isAdmin(bob, { tenantId: top.id })).toBe(false);
    expect(await isAdmin(bob, { tenantId: OPERATOR_TENANT })).toBe(false);
  });

  it('below a suspended tenant all people only look, and work again once it is resumed', async () => {
    await using tenancy = await tenancyUnderTest();
    const [ada, bob, mia] = [tenancy.person('ada'), tenancy.person('bob'), tenancy.person('mia')];
    const top = await tenantRunBy(tenancy, ada, 'ministry');
    const below = await tenantRunBy(tenancy, bob, 'school', top.id);
    const project = await projectWith(bob, below.id, 'maths', { members: [mia] });
    const all = () => Promise.all([ada, bob, mia].map((actor) => ask(tenancy.gateway, actor, project)));
    const before = (await all()).map(({ roles }) => roles);
    await tenancy.staff.suspendTenant({ tenantId: top.id, reason: 'unpaid' });
    const looking = [Role.SIGNED_IN, Role.TENANT_MEMBER, Role.PROJECT_VIEWER];
    const running = [...looking, Role.TENANT_OBSERVER];
    expect((await all()).map(({ roles }) => roles)).toEqual([running, running, looking]);
    await tenancy.staff.resumeTenant({ tenantId: top.id });
    expect((await all()).map(({ roles }) => roles)).toEqual(before);
  });
});

describe('a project token', () => {
  it('has its role in its own project, and is nobody who has signed in', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, otto } = await university(tenancy);
    const { secret, token } = await otto.createProjectToken({ project, ...TOKEN });
    const program = tenancy.program(secret);
    expect(await ask(tenancy.gateway, program, { projectId: project.projectId })).toMatchObject({
      id: token?.id,
      reference: `token:${token?.id}`,
      roles: [Role.PROJECT_MEMBER, Role.PROJECT_VIEWER, Role.PROJECT_TOKEN],
      tenantId,
      projectId: project.projectId,
      name: '',
    });
  });

  it('sees elsewhere only what is for all programs', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto } = await university(tenancy);
    const { secret } = await otto.createProjectToken({ project, ...TOKEN });
    const other = await projectWith(ada, tenantId, 'other');
    for (const scope of [{}, { tenantId }, other, { tenantId: OPERATOR_TENANT }]) {
      expect((await ask(tenancy.gateway, tenancy.program(secret), scope)).roles).toEqual([Role.PROJECT_TOKEN]);
    }
    expect(await codeOf(tenancy.program(secret).listMyProjects({}))).toBe('not_allowed');
  });

  it('only looks while its project is suspended', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto } = await university(tenancy);
    const { secret } = await otto.createProjectToken({ project, ...TOKEN });
    await ada.suspendProject({ project, reason: 'holidays' });
    const { roles } = await ask(tenancy.gateway, tenancy.program(secret), project);
    expect(roles).toEqual([Role.PROJECT_VIEWER, Role.PROJECT_TOKEN]);
  });

  it('is refused in the same words, whether it was taken back, has expired or never was', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    const [back, late] = [
      await otto.createProjectToken({ project, ...TOKEN }),
      await otto.createProjectToken({ project, ...TOKEN }),
    ];
    await otto.revokeProjectToken({ project, id: back.token?.id ?? '' });
    const refusal = (secret: string) =>
      ask(tenancy.gateway, tenancy.program(secret), project).then(
        () => undefined,
        ({ code, detail, kind }: { code: string; detail: string; kind: number }) => ({ code, detail, kind }),
      );
    const refusals = [await refusal(back.secret), await refusal('kpt_nonsense')];
    tenancy.clock.advance(2 * 3_600_000);
    refusals.push(await refusal(late.secret));
    expect(new Set(refusals.map((problem) => JSON.stringify(problem))).size).toBe(1);
    expect(refusals[0]).toMatchObject({ code: 'token_invalid' });
  });
});

describe('asking who calls', () => {
  it.each<[string, object]>([
    ['no credential', {}],
    ['no issuer', { credential: { case: 'identity', value: { subject: 'x' } } }],
    ['no subject', { credential: { case: 'identity', value: { issuer: 'x' } } }],
    ['a tenant that is no UUID', { credential: { case: 'projectToken', value: 'x' }, tenantId: 'x' }],
  ])('with %s is refused', async (_, request) => {
    await using tenancy = await tenancyUnderTest();
    expect(await codeOf(tenancy.gateway.resolveCaller(request))).toBe('invalid_request');
  });

  it('is for the gateway alone', async () => {
    await using tenancy = await tenancyUnderTest();
    const request = { credential: { case: 'identity', value: identityOf('ada') } } as const;
    expect(await codeOf(tenancy.compute.resolveCaller(request))).toBe('caller_not_allowed');
  });
});

const TOKEN = {
  name: 'nightly',
  role: Member_Role.MEMBER,
  expiresAt: { seconds: BigInt(Date.parse('2030-01-01T01:00:00Z') / 1000), nanos: 0 },
};

type Gateway = Awaited<ReturnType<typeof tenancyUnderTest>>['gateway'];

const resolve = (gateway: Gateway, name: string, rest: object = {}): Promise<Caller> =>
  gateway.resolveCaller({ credential: { case: 'identity', value: { ...identityOf(name), ...rest } } });

const ask = (gateway: Gateway, { credential }: Actor, scope: object): Promise<Caller> =>
  gateway.resolveCaller({ credential, ...scope });
