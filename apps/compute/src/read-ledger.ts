import type { Account, Rate } from '@kontor/contracts/quota/v1/quota';
import { everyPage } from '@kontor/kit/every-page';
import type { Ports } from './ports.ts';

type Quota = Ports['quota'];

/** Every account of a project, those of its awards among them: each may be a payer. */
export const readAccounts = (quota: Quota, project: { tenantId: string; projectId: string }): Promise<Account[]> =>
  everyPage(
    (page) => quota.listAccounts({ project, page }),
    ({ accounts }) => accounts,
  );

/** Every rate, of the past and of the future too. */
export const readRates = (quota: Quota): Promise<Rate[]> =>
  everyPage(
    (page) => quota.listRates({ page }),
    ({ rates }) => rates,
  );
