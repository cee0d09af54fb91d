import type { Rest } from './rest.ts';
import type { SampleState } from './sample-state.ts';

/** Price that the sample operator asks for one core for one hour: 0.05 credits. */
const UCR_PER_CORE_HOUR = 50_000n;

interface Project {
  tenantId: string;
  projectId: string;
}

/** What the sample project gets: ten credits, ten core-hours, and at most 64 cores at once. */
const grants = (operator: string, acceleratorClass: string, ids: SampleState['grantIds']) => [
  { asset: `CR:${operator}`, amount: 10_000_000n, id: ids.credits },
  { asset: `DEVICE_MS:${acceleratorClass}`, amount: 36_000_000n, id: ids.deviceTime },
  { asset: `SLOTS:${acceleratorClass}`, amount: 64n, id: ids.slots },
];

/** Sets a rate for the class and funds the sample project from the operator's treasury, each once. */
export async function fundSample(
  rest: Rest,
  operator: string,
  acceleratorClass: string,
  project: Project,
  ids: SampleState['grantIds'],
): Promise<void> {
  await ensureRate(rest, acceleratorClass);
  for (const { asset, amount, id } of grants(operator, acceleratorClass, ids)) {
    const treasury = await openAccount(rest, { purpose: 'TREASURY', asset });
    const budget = await openAccount(rest, { purpose: 'PROJECT', asset, project });
    await rest.post('/v1/transfers', {
      id,
      debitAccountId: treasury,
      creditAccountId: budget,
      amount: String(amount),
      reason: 'GRANT',
    });
  }
}

async function ensureRate(rest: Rest, acceleratorClass: string): Promise<void> {
  const { rates = [] } = (await rest.get('/v1/rates')) as { rates?: { acceleratorClass: string }[] };
  if (rates.some((rate) => rate.acceleratorClass === acceleratorClass)) return;
  await rest.post('/v1/rates', { acceleratorClass, ucrPerDeviceHour: String(UCR_PER_CORE_HOUR) });
}

async function openAccount(rest: Rest, account: object): Promise<string> {
  return ((await rest.post('/v1/accounts', account)) as { id: string }).id;
}
