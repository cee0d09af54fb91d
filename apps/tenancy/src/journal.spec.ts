import { afterAll, describe, expect, it } from '@jest/globals';
import { JournalService } from '@kontor/contracts/journal/v1/journal';
import { AccessRule_Role } from '@kontor/contracts/rules/v1/rules';
import { Member_Role as Role, TenancyService } from '@kontor/contracts/tenancy/v1/tenancy';
import { connect } from '@kontor/kit/connect';
import { countLine, countMutations } from '@kontor/kit/journal-mutations';
import { actingFor, personWith } from '@kontor/testing/acting-for';
import { another, undone } from '@kontor/testing/around-service';
import { mutatingMethods } from '@kontor/testing/mutating-methods';
import { MembershipChanges1763769600002 } from '../migrations/0002-membership-changes.ts';
import { ForgottenInvitations1763769600007 } from '../migrations/0007-forgotten-invitations.ts';
import { everyMutation } from '../testing/every-mutation.ts';
import { idOf, university } from '../testing/story.ts';
import { codeOf, tenancyUnderTest } from '../testing/tenancy-under-test.ts';
import { MUTATION_COUNTS } from './mutation-counts.ts';

describe('the journal', () => {
  it('has one record of every mutation, in which nobody has a name', async () => {
    await using tenancy = await tenancyUnderTest();
    for (const [what, act, records = 1] of await everyMutation(tenancy)) {
      const before = (await tenancy.journal()).length;
      await act();
      expect([what, (await tenancy.journal()).length - before]).toEqual([what, records]);
      await act().catch(() => undefined);
      const after = (await tenancy.journal()).length - before;
      expect([what, after]).toEqual([what, records + (AGAIN_IS_ANOTHER.has(what) ? 1 : 0)]);
    }
    const text = JSON.stringify(await tenancy.journal());
    for (const name of ['ada', 'otto', 'mia', 'vera', 'eve', 'staff', 'guest']) {
      expect(text).not.toContain(`"${name}"`);
      expect(text).not.toContain(`${name}@`);
      expect(text).not.toContain(`subject-of-${name}`);
    }
  });

  it('has no record of what was refused, or only read', async () => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project, ada, otto, mia, eve } = await university(tenancy);
    await idOf(tenancy, eve);
    await idOf(tenancy, tenancy.auditor);
    const before = await tenancy.journal();
    const refused = [
      mia.inviteProjectMember({ project, email: 'x@example.org', role: Role.MEMBER }),
      eve.getTenant({ tenantId }),
      ada.updateProject({ project, resourceVersion: 99n, displayName: 'x' }),
      ada.removeProjectMember({ project, personId: await idOf(tenancy, otto) }),
      ada.removeTenantAdmin({ tenantId, personId: await idOf(tenancy, ada) }),
      tenancy.staff.createTenant({ slug: 'university', displayName: 'Other' }),
    ];
    expect(new Set(await Promise.all(refused.map(codeOf))).has('ok')).toBe(false);
    await Promise.all([
      ada.getTenant({ tenantId }),
      ada.listProjects({ tenantId }),
      ada.listTenantAdmins({ tenantId }),
      otto.listInvitations(project),
      otto.listProjectTokens({ project }),
      mia.listMyProjects({}),
      tenancy.auditor.listTenants({}),
      mia.listProjectMembers({ project }),
    ]);
    expect(await tenancy.journal()).toEqual(before);
  });

  it('is complete by what the tables say, and shown to staff with every tenant in it', async () => {
    await using tenancy = await tenancyUnderTest();
    for (const [, act] of await everyMutation(tenancy)) await act();
    const journal = connect(JournalService, tenancy.address, tenancy.tls.of('gateway'), 'tenancy');
    opened.push(() => journal.close());
    const staff = await actingFor(journal, tenancy.tls, personWith([AccessRule_Role.OPERATOR_STAFF]));
    const { count } = await staff.verifyJournal({ count: true });
    expect(count && countLine(count)).toEqual(COMPLETE);
    const entries = await tenancy.journal();
    expect(count?.records).toBe(BigInt(entries.length));
    const { records } = await staff.listJournal({ page: { pageSize: 500 } });
    expect(records).toHaveLength(entries.length);
    const researcher = await actingFor(journal, tenancy.tls, personWith([]));
    expect(await codeOf(researcher.listJournal({}))).toBe('not_allowed');
  });
});

describe('the count of mutations', () => {
  it('is of everything that tenancy can be asked to change', async () => {
    await using tenancy = await tenancyUnderTest();
    const methods = new Set((await everyMutation(tenancy)).map(([method]) => method));
    expect([...methods].toSorted()).toEqual(mutatingMethods(TenancyService).toSorted());
  });

  it('is right after each of them, and misses any record that is gone', async () => {
    await using tenancy = await tenancyUnderTest();
    for (const [method, act] of await everyMutation(tenancy)) {
      await act();
      expect([method, await tenancy.count()]).toEqual([method, COMPLETE]);
    }
    tenancy.clock.advance(14 * 86_400_000);
    await tenancy.expireInvitations();
    expect(await tenancy.count()).toEqual(COMPLETE);
    const actions = new Set((await tenancy.journal()).map(({ action }) => action));
    expect(actions.size).toBe(24);
    for (const action of actions) {
      const gone = `DELETE FROM journal WHERE seq = (SELECT min(seq) FROM journal WHERE action = '${action}')`;
      expect([action, await tenancy.count(gone)]).toEqual([action, expect.stringContaining('INCOMPLETE')]);
    }
  });

  it('is right from the first moment where there were memberships before it', async () => {
    await using tenancy = await tenancyUnderTest();
    for (const [method, act] of await everyMutation(tenancy)) {
      if (method === 'erasePerson') break;
      await act();
    }
    const count = await undone(tenancy.database.ownerUrl, async (runner) => {
      const migration = new MembershipChanges1763769600002();
      await migration.down(runner);
      await migration.up(runner);
      return countMutations(runner.manager, MUTATION_COUNTS);
    });
    expect(countLine(count)).toEqual(COMPLETE);
    expect(countLine(count)).toBe(await tenancy.count());
  });

  it('is right where invitations had been forgotten before that was on record', async () => {
    await using tenancy = await tenancyUnderTest();
    for (const [, act] of await everyMutation(tenancy)) await act();
    const count = await undone(tenancy.database.ownerUrl, async (runner) => {
      await runner.query(`SELECT set_config('kontor.all', 'on', true)`);
      await runner.query(`DELETE FROM journal WHERE action = 'invitation.forget'`);
      const migration = new ForgottenInvitations1763769600007();
      for (let times = 0; times < 2; times++) await migration.up(runner);
      return countMutations(runner.manager, MUTATION_COUNTS);
    });
    expect(countLine(count)).toBe(await tenancy.count());
    expect(countLine(count)).toEqual(COMPLETE);
  });

  it('sees what was made around the service', async () => {
    await using tenancy = await tenancyUnderTest();
    for (const [, act] of await everyMutation(tenancy)) await act();
    for (const sql of AROUND) {
      expect([sql, await tenancy.count(sql)]).toEqual([sql, expect.stringContaining('INCOMPLETE')]);
    }
  });
});

const COMPLETE = expect.stringMatching(/^journal complete: mutations=(\d+) records=\1$/);

/** What only the superuser can do. */
const AROUND = [
  `UPDATE person SET email = 'other@example.org' WHERE name = 'ada'`,
  another('person', `'id', gen_random_uuid(), 'subject', 'x', 'reference', 'x'`),
  `UPDATE tenant SET state = 2`,
  another('project', `'id', gen_random_uuid(), 'slug', 'x', 'owner_id', NULL`),
  'UPDATE project SET owner_id = NULL',
  'UPDATE project SET state = 2, suspended_by_operator = true',
  'DELETE FROM project_member WHERE role = 4',
  'UPDATE project_member SET role = 3 WHERE role = 4',
  another('tenant_admin', `'person_id', (SELECT id FROM person WHERE name = 'vera')`),
  'DELETE FROM tenant_admin',
  `INSERT INTO erased_person VALUES ('x', '2031-01-01', 0, 0)`,
  another('invitation', `'id', gen_random_uuid(), 'secret_sha256', '\\x00'`),
  `UPDATE invitation SET revoked_at = '2031-01-01', email = NULL, email_key = NULL WHERE email IS NOT NULL`,
  `UPDATE invitation SET expired_at = '2031-01-01', email = NULL, email_key = NULL WHERE email IS NOT NULL`,
  `UPDATE invitation SET forgotten_at = '2031-01-01', email = NULL, email_key = NULL WHERE email IS NOT NULL`,
  another('project_token', `'id', gen_random_uuid(), 'secret_sha256', '\\x00'`),
  `UPDATE project_token SET secret_sha256 = '\\x00'`,
  another('journal', `'seq', 999999`, 'true', 'OVERRIDING SYSTEM VALUE'),
  another('journal', `'seq', 999999, 'action', 'x'`, 'true', 'OVERRIDING SYSTEM VALUE'),
];

const opened: (() => void)[] = [];
afterAll(() => opened.forEach((close) => close()));

/** What makes something new each time, where the rest is the same again or refused. */
const AGAIN_IS_ANOTHER = new Set(['createProjectToken']);
