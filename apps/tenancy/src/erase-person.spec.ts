import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from '@jest/globals';
import { Member_Role as Role } from '@kontor/contracts/tenancy/v1/tenancy';
import { uuid7 } from '@kontor/kit/id';
import { enterScope, inScope } from '@kontor/kit/tenant-scope';
import { eventually } from '@kontor/testing/eventually';
import { emailOf, idOf, projectWith, referenceOf, tenantRunBy, university } from '../testing/story.ts';
import { codeOf, tenancyUnderTest, type TenancyUnderTest } from '../testing/tenancy-under-test.ts';
import type { Actor } from '../testing/through-gateway.ts';

const REASON = 'asked for it in writing';

describe('a person who is erased', () => {
  it('leaves no trace but the reference, in no table', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto, mia } = await university(tenancy);
    await ada.inviteTenantAdmin({ tenantId, email: 'MIA@example.org' });
    const [personId, reference] = [await idOf(tenancy, mia), await referenceOf(tenancy, mia)];
    await tenancy.gateway.resolveCaller({ credential: renamed(mia, 'Mia Renamed') });
    const before = await everything(tenancy);
    const salt = await saltOf(tenancy, personId);
    for (const trace of [personId, 'subject-of-mia', 'Mia Renamed', 'mia@example.org', salt]) {
      expect(before).toContain(trace);
    }

    const reply = await tenancy.staff.erasePerson({ personId, reason: REASON });
    expect(reply).toMatchObject({ reference, ownerlessProjects: [] });
    const after = await everything(tenancy);
    for (const trace of [personId, 'subject-of-mia', 'Mia Renamed', salt]) expect(after).not.toContain(trace);
    expect(after.toLowerCase()).not.toContain('mia@example.org');
    expect(after).toContain(reference);
    expect((await otto.listProjectMembers({ project })).members.map(({ name }) => name)).toEqual(
      expect.not.arrayContaining(['mia', 'Mia Renamed']),
    );
    expect((await tenancy.journal(reference)).at(-1)).toMatchObject({
      actor: await referenceOf(tenancy, tenancy.staff),
      action: 'person.erase',
      tenant_id: null,
      after: { reason: REASON, ownerlessProjects: [] },
    });
  });

  it('is told in each tenant where they were, in its own scope, and nowhere else', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto, mia } = await university(tenancy);
    const lab = await tenantRunBy(tenancy, otto, 'lab');
    const theirs = await projectWith(otto, lab.id, 'robots', { owner: mia });
    const other = await tenantRunBy(tenancy, ada, 'other');
    const member = await referenceOf(tenancy, mia);
    await tenancy.staff.erasePerson({ personId: await idOf(tenancy, mia), reason: REASON });
    await tenancy.staff.erasePerson({ personId: await idOf(tenancy, otto), reason: REASON });

    const toldIn = (id: string) =>
      inScope(tenancy.db, { tenantId: id }, (tx) =>
        tx.query<object[]>(
          `SELECT before, after FROM journal WHERE action = 'tenant.forget-member' AND before ->> 'member' = $1`,
          [member],
        ),
      );
    const before = { member, ranTenant: false };
    expect(await toldIn(tenantId)).toEqual([
      { before: { ...before, projects: [project.projectId] }, after: { ownerlessProjects: [] } },
    ]);
    expect(await toldIn(lab.id)).toEqual([
      { before: { ...before, projects: [theirs.projectId] }, after: { ownerlessProjects: [theirs.projectId] } },
    ]);
    expect(await toldIn(other.id)).toEqual([]);
    const ofOtto = (await tenancy.journal(lab.id)).at(-1);
    expect(ofOtto).toMatchObject({ action: 'tenant.forget-member', before: { projects: [], ranTenant: true } });
  });

  it('is somebody new when they sign in again', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, mia } = await university(tenancy);
    const [personId, reference] = [await idOf(tenancy, mia), await referenceOf(tenancy, mia)];
    const firstSeen = tenancy.clock.now();
    tenancy.clock.advance(1_000);
    expect(await knownSince(tenancy, mia)).toEqual(firstSeen);
    await tenancy.staff.erasePerson({ personId, reason: REASON });
    expect(await idOf(tenancy, mia)).not.toBe(personId);
    expect(await referenceOf(tenancy, mia)).not.toBe(reference);
    expect(await knownSince(tenancy, mia)).toEqual(tenancy.clock.now());
    expect(await codeOf(mia.getProject({ project }))).toBe('project_not_found');
  });

  it('cannot prevent it by owning or running things; these wait for somebody else then', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto, mia } = await university(tenancy);
    const erase = async (personId: string) => tenancy.staff.erasePerson({ personId, reason: REASON });
    const { ownerlessProjects } = await erase(await idOf(tenancy, otto));
    expect(ownerlessProjects).toEqual([expect.objectContaining(project)]);
    expect(await ada.getProject({ project })).toMatchObject({ ownerId: '', resourceVersion: 3n });
    const ownerId = await idOf(tenancy, mia);
    expect(await ada.transferProject({ project, ownerId })).toMatchObject({ ownerId });

    await erase(await idOf(tenancy, ada));
    expect((await tenancy.staff.listTenantAdmins({ tenantId })).members).toEqual([]);
    expect(await codeOf(tenancy.staff.inviteTenantAdmin({ tenantId, email: emailOf(mia) }))).toBe('ok');
  });

  it("leaves the tokens that they made, which are the project's", async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, ada, otto } = await university(tenancy);
    const expiresAt = timestampFromDate(new Date(tenancy.clock.now().getTime() + 1_000));
    const { secret } = await otto.createProjectToken({ project, name: 'nightly', role: Role.MEMBER, expiresAt });
    await tenancy.staff.erasePerson({ personId: await idOf(tenancy, otto), reason: REASON });
    expect(await codeOf(tenancy.program(secret).getProject({ project }))).toBe('ok');
    expect((await ada.listProjectTokens({ project })).tokens).toHaveLength(1);
  });

  it('leaves on record, in each tenant that had invited them, that an invitation is over', async () => {
    await using tenancy = await tenancyUnderTest();
    const { otto, project, eve } = await university(tenancy);
    const lab = await tenantRunBy(tenancy, otto, 'lab');
    const made = [
      await otto.inviteProjectMember({ project, email: emailOf(eve), role: Role.MEMBER }),
      await otto.inviteTenantAdmin({ tenantId: lab.id, email: 'EVE@example.org' }),
    ];
    await tenancy.staff.erasePerson({ personId: await idOf(tenancy, eve), reason: REASON });
    for (const { invitation } of made) {
      expect((await tenancy.journal(invitation!.id)).at(-1)).toEqual({
        actor: await referenceOf(tenancy, tenancy.staff),
        action: 'invitation.forget',
        subject: invitation!.id,
        tenant_id: invitation!.tenantId,
        before: { state: 'OPEN' },
        after: { state: 'REVOKED' },
      });
    }
    expect(await tenancy.count()).toContain('journal complete');
  });

  it('takes along the invitations to an address only where it was theirs', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, eve } = await university(tenancy);
    const { secret } = await otto.inviteProjectMember({ project, email: emailOf(eve), role: Role.MEMBER });
    const pretender = tenancy.person('pretender', { email: emailOf(eve), emailVerified: false });
    await tenancy.staff.erasePerson({ personId: await idOf(tenancy, pretender), reason: REASON });
    expect((await otto.listInvitations(project)).invitations).toHaveLength(1);
    await tenancy.staff.erasePerson({ personId: await idOf(tenancy, eve), reason: REASON });
    expect((await otto.listInvitations(project)).invitations).toEqual([]);
    expect(await codeOf(eve.acceptInvitation({ secret }))).toBe('invitation_revoked');
  });

  it.each([
    ['after', 'invitation', 'ok'],
    ['before', 'project', 'not_a_person'],
  ])('is gone, and in no project that they join, also when they end right %s joining it', async (_, held, accepted) => {
    await using tenancy = await tenancyUnderTest();
    const { project, otto, eve } = await university(tenancy);
    const personId = await idOf(tenancy, eve);
    const { secret, invitation } = await otto.inviteProjectMember({ project, email: emailOf(eve), role: Role.MEMBER });
    const hold = await holding(tenancy, held, held === 'project' ? project.projectId : invitation!.id);
    const joining = codeOf(eve.acceptInvitation({ secret }));
    await hold.waiting(1);
    const ending = codeOf(tenancy.staff.erasePerson({ personId, reason: REASON }));
    await (held === 'project' ? ending : hold.waiting(2));
    await hold.release();
    expect([await joining, await ending]).toEqual([accepted, 'ok']);
    expect(await everything(tenancy)).not.toContain(personId);
  });

  it.each([
    ['after', 'ok', ''],
    ['before', 'not_a_member', 'otto'],
  ])(
    'is gone, and owns nothing, also when they end right %s a project is handed to them',
    async (when, handed, owner) => {
      await using tenancy = await tenancyUnderTest();
      const { project, ada, otto, mia } = await university(tenancy);
      const personId = await idOf(tenancy, mia);
      const ownerId = owner && (await idOf(tenancy, otto));
      const hold = await holding(tenancy, 'project', project.projectId);
      const handing = () => codeOf(ada.transferProject({ project, ownerId: personId }));
      const ending = () => codeOf(tenancy.staff.erasePerson({ personId, reason: REASON }));
      const order = when === 'after' ? [handing, ending] : [ending, handing];
      const codes: Promise<string>[] = [];
      for (const act of order) {
        codes.push(act());
        await hold.waiting(codes.length);
      }
      await hold.release();
      expect(await Promise.all(codes)).toEqual(when === 'after' ? [handed, 'ok'] : ['ok', handed]);
      expect(await ada.getProject({ project })).toMatchObject({ ownerId });
      expect(await everything(tenancy)).not.toContain(personId);
    },
  );

  it('is somebody else than who erases them', async () => {
    await using tenancy = await tenancyUnderTest();
    const { staff } = tenancy;
    const colleague = tenancy.person('colleague', { realmRoles: ['operator-staff'] });
    const [personId, reference] = [await idOf(tenancy, staff), await referenceOf(tenancy, staff)];
    await expect(staff.erasePerson({ personId, reason: REASON })).rejects.toMatchObject({
      code: 'self_erasure',
      help: 'Ask a colleague of operator staff to do it.',
    });
    expect(await referenceOf(tenancy, staff)).toBe(reference);
    expect(await codeOf(colleague.erasePerson({ personId, reason: REASON }))).toBe('ok');
  });

  it('is erased once, by staff, with a reason', async () => {
    await using tenancy = await tenancyUnderTest();
    const { ada, mia } = await university(tenancy);
    const personId = await idOf(tenancy, mia);
    for (const actor of [ada, mia, tenancy.auditor]) {
      expect(await codeOf(actor.erasePerson({ personId, reason: REASON }))).toBe('not_allowed');
    }
    expect(await codeOf(tenancy.staff.erasePerson({ personId, reason: '' }))).toBe('invalid_request');
    const twice = [1, 2].map(() => codeOf(tenancy.staff.erasePerson({ personId, reason: REASON })));
    expect((await Promise.all(twice)).toSorted()).toEqual(['ok', 'person_not_found']);
    const nobody = tenancy.staff.erasePerson({ personId: uuid7(), reason: REASON });
    expect(await codeOf(nobody)).toBe('person_not_found');
  });
});

/** Since when somebody is known, as the gateway learns it. */
async function knownSince(tenancy: TenancyUnderTest, { credential }: Actor): Promise<Date> {
  return timestampDate((await tenancy.gateway.resolveCaller({ credential })).knownSince!);
}

const renamed = (actor: Actor, name: string) => {
  const { credential } = actor;
  if (credential.case !== 'identity') throw new Error('Only people have names.');
  return { case: 'identity', value: { ...credential.value, name } } as const;
};

/** Holds a row, so that who wants to change it waits, and tells how many wait. */
async function holding(tenancy: TenancyUnderTest, table: string, id: string) {
  const runner = tenancy.db.createQueryRunner();
  await runner.startTransaction();
  await enterScope(runner.manager, 'all');
  await runner.query(`SELECT FROM ${table} WHERE id = $1 FOR UPDATE`, [id]);
  const waitingNow = async () => {
    const [row] = await runner.manager.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return row?.n;
  };
  return {
    waiting: (count: number) => eventually(`${count} wait`, async () => (await waitingNow()) === count),
    async release() {
      await runner.commitTransaction();
      await runner.release();
    },
  };
}

/** Every row of every table, as text. */
function everything(tenancy: TenancyUnderTest): Promise<string> {
  return inScope(tenancy.db, 'all', async (tx) => {
    const tables = await tx.query<{ name: string }[]>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations'`,
    );
    const rows = [];
    for (const { name } of tables) rows.push(...(await tx.query<object[]>(`SELECT r::text FROM ${name} r`)));
    return JSON.stringify(rows);
  });
}

/** As PostgreSQL writes bytes. */
async function saltOf(tenancy: TenancyUnderTest, id: string): Promise<string> {
  const [row] = await tenancy.db.query<{ salt: string }[]>(
    `SELECT encode(salt, 'hex') AS salt FROM person WHERE id = $1`,
    [id],
  );
  return row!.salt;
}
