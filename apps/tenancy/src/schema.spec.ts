import { describe, expect, it } from '@jest/globals';
import { uuid7 } from '@kontor/kit/id';
import { inScope } from '@kontor/kit/tenant-scope';
import { check, migrate } from '@kontor/postgres/migrate';
import { testDatabase } from '@kontor/testing/database';
import pg from 'pg';
import { idOf, university } from '../testing/story.ts';
import { tenancyUnderTest } from '../testing/tenancy-under-test.ts';
import database from './database.ts';

describe('what the database itself promises', () => {
  it('is what the tables say', async () => {
    await using fresh = await testDatabase('tenancy', database.migrations);
    expect(await check({ ...database, url: fresh.ownerUrl })).toEqual({ pending: [], drift: [] });
  });

  it('can be undone and done again', async () => {
    await using fresh = await testDatabase('tenancy', database.migrations);
    const owner = new pg.Client({ connectionString: fresh.ownerUrl });
    await owner.connect();
    const query = (sql: string) => owner.query(sql);
    for (const Migration of database.migrations.toReversed()) await new Migration().down({ query } as never);
    await owner.query('DELETE FROM migrations');
    await owner.end();
    expect(await migrate({ ...database, url: fresh.ownerUrl })).toMatchObject({ drift: [] });
  });

  it.each([
    ['a slug that changes', `UPDATE tenant SET slug = 'x'`],
    ['a project in another tenant', 'UPDATE project SET tenant_id = tenant_id'],
    ['an identity that changes', `UPDATE person SET subject = 'x'`],
    ['a salt that changes', `UPDATE person SET salt = '\\x00'`],
    ['a token of another project', 'UPDATE project_token SET project_id = project_id'],
    ['an invitation to somebody else', `UPDATE invitation SET role = 2`],
    ['a tenant that is gone', 'DELETE FROM tenant'],
    ['a project that is gone', 'DELETE FROM project'],
    ['a token that is gone', 'DELETE FROM project_token'],
    ['a journal that changes', `UPDATE journal SET actor = 'x'`],
    ['a journal without a record', 'DELETE FROM journal'],
    ['an erasure that is undone', 'DELETE FROM erased_person'],
    ['a change of members that is hidden', 'DELETE FROM membership_change'],
  ])('keeps the service from %s', async (_, sql) => {
    await using tenancy = await tenancyUnderTest();
    await expect(tenancy.db.query(sql)).rejects.toThrow('permission denied');
  });

  it('holds no owner who is no member, and no membership in a project of another tenant', async () => {
    await using tenancy = await tenancyUnderTest();
    const { project, eve } = await university(tenancy);
    const personId = await idOf(tenancy, eve);
    const all = (sql: string, parameters: unknown[]) => inScope(tenancy.db, 'all', (tx) => tx.query(sql, parameters));
    const own = all('UPDATE project SET owner_id = $1', [personId]);
    await expect(own).rejects.toThrow('project_owner_is_a_member');
    const join = all(`INSERT INTO project_member VALUES ($1, $2, $3, 3, '2030-01-01')`, [
      uuid7(),
      project.projectId,
      personId,
    ]);
    await expect(join).rejects.toThrow('foreign key');
  });

  it.each<[string, (tree: Record<'other' | 'above' | 'it' | 'below', string>) => string]>([
    [
      'begins elsewhere',
      ({ other, it, below }) => `path = ARRAY['${other}', '${it}', id]::uuid[] WHERE id = '${below}'`,
    ],
    ['leaves one out', ({ it, below }) => `path = ARRAY['${it}', id]::uuid[] WHERE id = '${below}'`],
    ['stays when one above moves', ({ it }) => `path = ARRAY[id], parent_id = NULL WHERE id = '${it}'`],
  ])('gives nobody a tenant to run by a path that %s', async (_, change) => {
    await using tenancy = await tenancyUnderTest();
    const create = async (slug: string, parentId = '') =>
      (await tenancy.staff.createTenant({ parentId, slug, displayName: slug })).id;
    const [other, above] = [await create('other'), await create('above')];
    const it = await create('it', above);
    const tree = { other, above, it, below: await create('below', it) };
    const changed = inScope(tenancy.db, 'all', (tx) => tx.query(`UPDATE tenant SET ${change(tree)}`));
    await expect(changed).rejects.toThrow('tenant_path_follows_parent');
  });

  it.each([
    ['a tenant under itself', 'UPDATE tenant SET path = ARRAY[id, id], parent_id = id', 'tenant_is_not_under_itself'],
    ['a path that leads elsewhere', 'UPDATE tenant SET path = ARRAY[gen_random_uuid()]', 'path_leads_through_parent'],
    ['a state that there is not', 'UPDATE tenant SET state = 3', 'tenant_state_check'],
    ['a suspension of what works', 'UPDATE project SET suspended_by_operator = true', 'is_suspended_by_somebody'],
    ['a role of members that is none', 'UPDATE project_member SET role = 2', 'project_member_role_check'],
    ['an invitation that ended twice', `UPDATE invitation SET revoked_at = '2030-01-01'`, 'invitation_ends_once'],
  ])('does not hold %s', async (_, sql, constraint) => {
    await using tenancy = await tenancyUnderTest();
    await university(tenancy);
    await expect(inScope(tenancy.db, 'all', (tx) => tx.query(sql))).rejects.toThrow(constraint);
  });
});
