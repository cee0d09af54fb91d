import { describe, expect, it } from '@jest/globals';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import { inScope } from '@kontor/kit/tenant-scope';
import {
  accountsOf,
  codeOf,
  fundedProject,
  quotaUnderTest,
  type Project,
  type Quota,
} from '../testing/quota-under-test.ts';

type Office = Awaited<ReturnType<typeof setup>>;
interface Page {
  pageSize?: number;
  pageToken?: string;
}

interface List {
  name: string;
  /** One page, each item by what makes it one of a kind. */
  ask(office: Office, page: Page): Promise<{ keys: string[]; next: string }>;
  elsewhere(office: Office, page: Page): Promise<unknown>;
  add(office: Office, n: number): Promise<unknown>;
}

const assetOf = (n: number): string => `SLOTS:class-${String(n).padStart(3, '0')}`;

const LISTS: List[] = [
  {
    name: 'the accounts of a project',
    ask: ({ gateway, project }, page) => accountKeys(gateway.listAccounts({ project, page })),
    elsewhere: ({ gateway, other }, page) => gateway.listAccounts({ project: other, page }),
    add: ({ gateway, project }, n) => gateway.openAccount({ project, purpose: Purpose.PROJECT, asset: assetOf(n) }),
  },
  {
    name: 'the accounts of the operator',
    ask: ({ gateway }, page) => accountKeys(gateway.listAccounts({ page })),
    elsewhere: ({ gateway, other }, page) => gateway.listAccounts({ project: other, page }),
    add: async ({ gateway }, n) => {
      for (const purpose of [Purpose.TREASURY, Purpose.REVENUE]) {
        await gateway.openAccount({ purpose, asset: assetOf(n) });
      }
    },
  },
  {
    name: 'rates',
    ask: async ({ gateway }, page) => {
      const { rates, page: info } = await gateway.listRates({ page });
      const keys = rates.map(({ acceleratorClass, validFrom }) => `${acceleratorClass} ${validFrom?.seconds}`);
      return { keys, next: info?.nextPageToken ?? '' };
    },
    elsewhere: ({ gateway }, page) => gateway.listAccounts({ page }),
    add: ({ gateway, clock }, n) =>
      gateway.setRate({
        acceleratorClass: `class-${n % 3}`,
        ucrPerDeviceHour: 1n,
        validFrom: timestampFromDate(new Date(clock.now().getTime() + n * 1_000)),
      }),
  },
];

describe.each(LISTS)('$name', (list) => {
  it('come in pages that have each once and in order, whatever their size', async () => {
    await using office = await setup();
    const keys = await fill(office, list, 9);
    for (const pageSize of [1, 2, 5, 500]) expect(await readAll(office, list, pageSize)).toEqual(keys);
  });

  it('miss none that were there and show none twice while others are added before and behind', async () => {
    await using office = await setup();
    const before = await fill(office, list, 12, (n) => 2 * n);
    let n = -1;
    const read = await readAll(office, list, 2, async () => {
      n += 2;
      if (n < 24) await list.add(office, n);
    });
    expect(new Set(read).size).toBe(read.length);
    expect(read.filter((key) => before.includes(key))).toEqual(before);
    expect(read.length).toBeGreaterThan(before.length);
  });

  it('have fifty on a page where nothing else is asked for', async () => {
    await using office = await setup();
    const keys = await fill(office, list, 60);
    const { keys: first, next } = await list.ask(office, {});
    expect(first).toEqual(keys.slice(0, 50));
    expect((await list.ask(office, { pageToken: next })).keys).toEqual(keys.slice(50, 100));
  });

  it('refuse the token of another list, and one that is none, and say what would help', async () => {
    await using office = await setup();
    await fill(office, list, 2);
    const { next } = await list.ask(office, { pageSize: 1 });
    expect(await codeOf(list.elsewhere(office, { pageToken: next }))).toBe('page_token_invalid');
    for (const pageToken of ['nonsense', next.slice(0, -4), Buffer.from('["a",1]').toString('base64url')]) {
      await expect(list.ask(office, { pageToken })).rejects.toMatchObject({
        code: 'page_token_invalid',
        help: expect.stringContaining('Start again without a page token'),
      });
    }
    expect(await codeOf(list.ask(office, { pageSize: 501 }))).toBe('invalid_request');
  });
});

describe('accounts', () => {
  it("on no page are another project's", async () => {
    await using office = await setup();
    const { project, other, gateway } = office;
    const [ours, theirs] = [await accountsOf(gateway, project), await accountsOf(gateway, other)];
    expect(new Set([...ours, ...theirs].map(({ id }) => id)).size).toBe(ours.length + theirs.length);
    expect(ours.every((account) => account.project?.projectId === project.projectId)).toBe(true);
    expect((await accountsOf(gateway)).filter((account) => account.project !== undefined)).toEqual([]);
  });

  it('are found where a page begins, by an index', async () => {
    await using office = await setup();
    const { tenantId, projectId } = office.project;
    const plan = await inScope(office.db, { tenantId }, async (tx) => {
      await tx.query('SET LOCAL enable_seqscan = off');
      await tx.query('SET LOCAL enable_sort = off');
      return tx.query<object[]>(
        `EXPLAIN (COSTS OFF) SELECT * FROM account WHERE tenant_id = $1 AND project_id = $2
        AND (asset, purpose, id) > ('CR:demo', 1, $2) ORDER BY asset, purpose, id LIMIT 51`,
        [tenantId, projectId],
      );
    });
    const lines = plan.flatMap((line) => Object.values(line) as string[]).map((line) => line.trim());
    expect(lines).toContain('->  Index Scan using account_in_order on account');
    expect(lines.filter((line) => line.includes('Sort'))).toEqual([]);
  });
});

async function setup() {
  const quota = await quotaUnderTest({ rate: null });
  const other: Project = await fundedProject(quota.gateway);
  return { ...quota, other, [Symbol.asyncDispose]: () => quota[Symbol.asyncDispose]() };
}

/** Adds to a list and answers all that it has now. */
async function fill(office: Office, list: List, count: number, nOf = (n: number) => n): Promise<string[]> {
  for (let n = 0; n < count; n++) await list.add(office, nOf(n));
  const { keys, next } = await list.ask(office, { pageSize: 500 });
  expect(next).toBe('');
  expect(keys.length).toBeGreaterThanOrEqual(count);
  return keys;
}

async function readAll(
  office: Office,
  list: List,
  pageSize: number,
  between?: () => Promise<unknown>,
): Promise<string[]> {
  const read: string[] = [];
  for (let pageToken = ''; ;) {
    const { keys, next } = await list.ask(office, { pageSize, pageToken });
    expect(keys.length).toBeLessThanOrEqual(pageSize);
    read.push(...keys);
    if (next === '') return read;
    pageToken = next;
    await between?.();
  }
}

const accountKeys = async (reply: ReturnType<Quota['listAccounts']>) => {
  const { accounts, page } = await reply;
  return {
    keys: accounts.map(({ asset, purpose }) => `${asset} ${Purpose[purpose]}`),
    next: page?.nextPageToken ?? '',
  };
};
