import { describe, expect, it } from '@jest/globals';
import { inScope } from '@kontor/kit/tenant-scope';
import { growingScene, LISTS, type GrowingList, type Scene } from '../testing/growing-lists.ts';
import { codeOf, tenancyUnderTest } from '../testing/tenancy-under-test.ts';

const LISTED = 'accepted_at IS NULL AND revoked_at IS NULL AND forgotten_at IS NULL';

describe.each(LISTS)('$name', (list) => {
  it('come in pages that have each once and in order, whatever their size', async () => {
    await using tenancy = await tenancyUnderTest();
    const scene = await growingScene(tenancy);
    const names = await fill(scene, list, 9);
    for (const pageSize of [1, 2, 4, 100]) expect(await readAll(scene, list, pageSize)).toEqual(names);
  });

  it('miss none that stay and show none twice while others come and go', async () => {
    await using tenancy = await tenancyUnderTest();
    const scene = await growingScene(tenancy);
    const before = await fill(scene, list, 9);
    // The owner of a project stays.
    const [gone, late] = [before.slice(0, 3).findLast((name) => name !== 'otto')!, before.at(-2)!];
    let pages = 0;
    const read = await readAll(scene, list, 3, async () => {
      pages += 1;
      tick(scene);
      if (pages === 1) await list.remove(scene, gone);
      if (pages === 2) await list.remove(scene, late);
      await list.add(scene, `extra${pages}`);
    });
    expect(pages).toBeGreaterThanOrEqual(2);
    expect(new Set(read).size).toBe(read.length);
    const stayed = before.filter((name) => name !== late || list.keepsAll);
    expect(read.filter((name) => before.includes(name))).toEqual(stayed);
  });

  it('have nothing of another tenant or project, whose tokens they refuse', async () => {
    await using tenancy = await tenancyUnderTest();
    const scene = await growingScene(tenancy);
    const names = await fill(scene, list, 3);
    const { next } = await list.ask(scene, { pageSize: 1 });
    expect(next).not.toBe('');
    expect(await codeOf(list.elsewhere(scene, { pageToken: next }))).toBe('page_token_invalid');
    const there = await list.elsewhere(scene, {});
    expect(there.names.filter((name) => name !== 'ada' && names.includes(name))).toEqual([]);
    for (const pageToken of ['nonsense', Buffer.from('["x","2030-01-01T00:00:00.000Z"]').toString('base64url')]) {
      await expect(list.ask(scene, { pageToken })).rejects.toMatchObject({
        code: 'page_token_invalid',
        help: expect.stringContaining('Start again without a page token'),
      });
    }
    expect(await codeOf(list.ask(scene, { pageSize: 501 }))).toBe('invalid_request');
    expect(await codeOf(list.ask(scene, { pageSize: -1 }))).toBe('invalid_request');
  });

  it('have fifty on a page where nothing else is asked for', async () => {
    await using tenancy = await tenancyUnderTest();
    const scene = await growingScene(tenancy);
    const names = await fill(scene, list, 52);
    const { names: first, next } = await list.ask(scene, {});
    expect(first).toEqual(names.slice(0, 50));
    expect(await list.ask(scene, { pageToken: next })).toEqual({ names: names.slice(50), next: '' });
  });
});

describe('a page', () => {
  it.each([
    ['project_member', 'project_id = $2', 'since, person_id', 'project_member_by_since'],
    ['tenant_admin', '$2::uuid IS NOT NULL', 'since, person_id', 'tenant_admin_by_since'],
    ['invitation', `project_id = $2 AND ${LISTED}`, 'created_at, id', 'invitation_listed'],
    ['project_token', 'project_id = $2', 'created_at, id', 'project_token_by_project'],
  ])('of %s is found where it begins, by an index', async (table, place, key, index) => {
    await using tenancy = await tenancyUnderTest();
    const { tenantId, project } = await growingScene(tenancy);
    const plan = await inScope(tenancy.db, { tenantId }, async (tx) => {
      await tx.query('SET LOCAL enable_seqscan = off');
      await tx.query('SET LOCAL enable_sort = off');
      return tx.query<object[]>(
        `EXPLAIN (COSTS OFF) SELECT * FROM ${table} WHERE tenant_id = $1 AND ${place}
            AND (${key}) > ('2030-01-01', $1) ORDER BY ${key} LIMIT 51`,
        [tenantId, project.projectId],
      );
    });
    const lines = plan.flatMap((line) => Object.values(line) as string[]).map((line) => line.trim());
    expect(lines).toContainEqual(expect.stringMatching(`^->  Index (Only )?Scan using ${index} on ${table}$`));
    expect(lines.find((line) => line.startsWith('Index Cond'))).toContain(`ROW(${key})`);
    expect(lines.filter((line) => line.includes('Sort'))).toEqual([]);
  });
});

/** Fills a list, so that two at a time came at the same instant, and answers all that it has now. */
async function fill(scene: Scene, list: GrowingList, count: number): Promise<string[]> {
  for (let n = 0; n < count; n++) {
    if (n % 2 === 0) tick(scene);
    await list.add(scene, `person${n}`);
  }
  const { names, next } = await list.ask(scene, { pageSize: 500 });
  expect(next).toBe('');
  const [eldest, youngest] = list.isNewestFirst ? [names.at(-1), names[0]] : [names[0], names.at(-1)];
  expect(eldest).not.toBe(youngest);
  expect(['person0', 'person1', 'ada', 'otto', 'mia', 'vera']).toContain(eldest);
  expect([`person${count - 1}`, `person${count - 2}`]).toContain(youngest);
  return names;
}

async function readAll(
  scene: Scene,
  list: GrowingList,
  pageSize: number,
  between?: () => Promise<void>,
): Promise<string[]> {
  const read: string[] = [];
  for (let pageToken = ''; ;) {
    const { names, next } = await list.ask(scene, { pageSize, pageToken });
    expect(names.length).toBeLessThanOrEqual(pageSize);
    read.push(...names);
    if (next === '') return read;
    pageToken = next;
    // Who keeps adding to a list of those who came first would never see its end.
    if (read.length < 12) await between?.();
  }
}

const tick = ({ tenancy }: Scene): Date => tenancy.clock.advance(1_000);
