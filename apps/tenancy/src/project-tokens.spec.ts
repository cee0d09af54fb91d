import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid7 } from '@kontor/kit/id';
import { inScope } from '@kontor/kit/tenant-scope';
import { idOf, projectWith, referenceOf, tenantRunBy, university } from '../testing/story.ts';
import { codeOf, tenancyUnderTest, type TenancyUnderTest } from '../testing/tenancy-under-test.ts';
import type { Actor } from '../testing/through-gateway.ts';

const HOUR_MS = 3_600_000;

describe('a project token', () => {
  it('lets a program see its project; its secret is shown once and kept as a digest', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    const { token, secret } = await make(tenancy, otto, project);
    expect(secret).toMatch(/^kpt_[\w-]{43}$/);
    expect(token).toMatchObject({ project, name: 'nightly', role: Role.VIEWER });
    expect(token?.revokedAt).toBeUndefined();
    expect(await tenancy.program(secret).getProject({ project })).toMatchObject({ slug: 'vision' });
    expect((await otto.listProjectTokens({ project })).tokens).toEqual([token]);
    const everything = await inScope(tenancy.db, 'all', (tx) =>
      tx.query('SELECT project_token::text FROM project_token'),
    );
    expect(JSON.stringify([everything, await tenancy.journal()])).not.toContain(secret);
    expect(await tenancy.journal(token!.id)).toEqual([
      expect.objectContaining({
        actor: await referenceOf(tenancy, otto),
        action: 'project-token.create',
        after: { projectId: project.projectId, role: 'VIEWER', expiresAt: '2030-01-01T01:00:00.000Z' },
      }),
    ]);
  });

  it('that works as a member manages nobody, and what it does is done by the token', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    const { secret } = await make(tenancy, otto, project, { role: Role.MEMBER });
    const program = tenancy.program(secret);
    expect(await codeOf(program.listProjectMembers({ project }))).toBe('ok');
    const invite = program.inviteProjectMember({ project, email: 'x@example.org', role: Role.VIEWER });
    expect(await codeOf(invite)).toBe('not_allowed');
    expect(await codeOf(make(tenancy, program, project))).toBe('not_allowed');
  });

  it('says who made it, as long as they are known', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto } = await university(tenancy);
    const { token } = await make(tenancy, otto, project);
    const maker = { createdBy: await referenceOf(tenancy, otto), createdByName: 'otto' };
    expect(token).toMatchObject(maker);
    const shown = async () => (await ada.listProjectTokens({ project })).tokens;
    expect(await shown()).toMatchObject([maker]);
    await tenancy.staff.erasePerson({ personId: await idOf(tenancy, otto), reason: 'asked for it' });
    expect(await shown()).toMatchObject([{ ...maker, createdByName: '' }]);
    expect(await ada.revokeProjectToken({ project, id: token!.id })).toMatchObject({ ...maker, createdByName: '' });
  });

  it('ends at once when it is taken back, once', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto } = await university(tenancy);
    const { token, secret } = await make(tenancy, otto, project);
    const request = { project, id: token!.id };
    const revoked = await ada.revokeProjectToken(request);
    expect(revoked.revokedAt).toEqual(timestampFromDate(tenancy.clock.now()));
    tenancy.clock.advance(1_000);
    expect(await tenancy.staff.revokeProjectToken(request)).toEqual(revoked);
    expect(await codeOf(tenancy.program(secret).getProject({ project }))).toBe('token_invalid');
    expect((await tenancy.journal(token!.id)).map(({ action }) => action)).toEqual([
      'project-token.create',
      'project-token.revoke',
    ]);
  });

  it('is good for a year at most, and for some time at least', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    const until = (time: string) => codeOf(make(tenancy, otto, project, { until: new Date(time) }));
    expect(await until('2031-01-01T00:00:00Z')).toBe('ok');
    expect(await until('2031-01-01T00:00:00.001Z')).toBe('token_expiry_invalid');
    expect(await until('2030-01-01T00:00:00Z')).toBe('token_expiry_invalid');
    expect(await until('2029-01-01T00:00:00Z')).toBe('token_expiry_invalid');
    const without = otto.createProjectToken({ project, name: 'x', role: Role.MEMBER });
    expect(await codeOf(without)).toBe('invalid_request');
  });

  it.each([
    ['no name', { name: '' }],
    ['a name that is too long', { name: 'x'.repeat(101) }],
    ['the role of an owner', { role: Role.OWNER }],
    ['no role', { role: Role.UNSPECIFIED }],
  ])('with %s is refused', async (_, wrong) => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    expect(await codeOf(make(tenancy, otto, project, wrong))).toBe('invalid_request');
    expect((await otto.listProjectTokens({ project })).tokens).toEqual([]);
  });

  it('is one of fifty that are good, also when many are made at the same time', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    for (let n = 0; n < 47; n++) await make(tenancy, otto, project);
    const codes = await Promise.all(Array.from({ length: 5 }, () => codeOf(make(tenancy, otto, project))));
    expect(codes.toSorted()).toEqual(['ok', 'ok', 'ok', 'too_many_tokens', 'too_many_tokens']);
    const { tokens } = await otto.listProjectTokens({ project });
    await otto.revokeProjectToken({ project, id: tokens[0]!.id });
    expect(await codeOf(make(tenancy, otto, project))).toBe('ok');
    tenancy.clock.advance(HOUR_MS);
    expect(await codeOf(make(tenancy, otto, project))).toBe('ok');
  });

  it('that is asked for again is the same one with another secret, since the first may have been lost', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto } = await university(tenancy);
    const id = uuid7();
    const first = await make(tenancy, otto, project, { id });
    const again = await make(tenancy, otto, project, { id });
    expect(first.token).toMatchObject({ id });
    expect(again.token).toEqual(first.token);
    expect((await otto.listProjectTokens({ project })).tokens).toEqual([first.token]);
    expect(await codeOf(tenancy.program(first.secret).getProject({ project }))).toBe('token_invalid');
    expect(await codeOf(tenancy.program(again.secret).getProject({ project }))).toBe('ok');
    const actions = (await tenancy.journal(id)).map(({ action }) => action);
    expect(actions).toEqual(['project-token.create', 'project-token.replace-secret']);
    expect(await tenancy.count()).toContain('journal complete');
  });

  it('that is asked for by its id is none of another content, of somebody else, or that was taken back', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto, mia } = await university(tenancy);
    const other = await projectWith(ada, tenantId, 'other', { owner: mia });
    const id = uuid7();
    const { secret } = await make(tenancy, otto, project, { id });
    const asked = (change: object) => codeOf(make(tenancy, otto, project, { id, ...change }));
    for (const change of [{ name: 'other' }, { role: Role.MEMBER }, { until: new Date('2030-01-02T00:00:00Z') }]) {
      expect(await asked(change)).toBe('project_token_exists');
    }
    expect(await codeOf(make(tenancy, mia, other, { id }))).toBe('project_token_exists');
    expect(await codeOf(tenancy.program(secret).getProject({ project }))).toBe('ok');
    await otto.revokeProjectToken({ project, id });
    expect(await asked({})).toBe('project_token_exists');
  });

  it('has no id that another tenant has used, and says nothing of that', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, eve } = await university(tenancy);
    const { id: tenantId } = await tenantRunBy(tenancy, eve, 'institute');
    const other = await projectWith(eve, tenantId, 'vision', { owner: eve });
    const id = uuid7();
    await make(tenancy, otto, project, { id });
    expect(await codeOf(make(tenancy, eve, other, { id }))).toBe('project_token_exists');
  });

  it('is made by the owner alone, and seen by those who run things', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto, mia, vera, eve } = await university(tenancy);
    for (const actor of [ada, mia, vera, tenancy.staff, tenancy.auditor]) {
      expect(await codeOf(make(tenancy, actor, project))).toBe('not_allowed');
    }
    for (const actor of [ada, otto, tenancy.staff, tenancy.auditor]) {
      expect(await codeOf(actor.listProjectTokens({ project }))).toBe('ok');
    }
    expect(await codeOf(mia.listProjectTokens({ project }))).toBe('not_allowed');
    expect(await codeOf(eve.listProjectTokens({ project }))).toBe('project_not_found');
  });

  it('is found only in its project', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto } = await university(tenancy);
    const { token } = await make(tenancy, otto, project);
    const other = await projectWith(ada, tenantId, 'other');
    const revoke = (place: typeof project, id: string) => codeOf(ada.revokeProjectToken({ project: place, id }));
    expect(await revoke(other, token!.id)).toBe('project_token_not_found');
    expect(await revoke(project, uuid7())).toBe('project_token_not_found');
    expect((await ada.listProjectTokens({ project: other })).tokens).toEqual([]);
  });
});

function make(
  tenancy: TenancyUnderTest,
  actor: Actor,
  project: { tenantId: string; projectId: string },
  { until = new Date(tenancy.clock.now().getTime() + HOUR_MS), name = 'nightly', role = Role.VIEWER, id = '' } = {},
) {
  return actor.createProjectToken({ project, name, role, expiresAt: timestampFromDate(until), id });
}
