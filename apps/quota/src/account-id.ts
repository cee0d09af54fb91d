import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { uuid5 } from '@kontor/kit/id';
import { creditsOf, deviceTimeOf, slotsOf } from './assets.ts';

/** Two accounts between which one asset moves. */
export interface Route {
  asset: string;
  debitAccountId: string;
  creditAccountId: string;
}

/** What names an account; its id follows from it. */
export interface AccountName {
  /** Absent for the operator's own accounts. */
  project?: Pick<ProjectRef, 'tenantId' | 'projectId'> | undefined;
  purpose: Purpose;
  asset: string;
}

/** An account's id is derived from what it is for, so that nobody has to look it up and nobody can open it twice. */
export const accountId = ({ project, purpose, asset }: AccountName): string =>
  uuid5('account', project?.tenantId ?? '', project?.projectId ?? '', purpose, asset);

/**
 * The award's credits where one pays a share, then the project's own, its device time and its slots, each on its way to
 * the operator's revenue: the legs of a reservation. An award's account has the award's id.
 */
export function legRoutes(
  operator: string,
  project: ProjectRef,
  acceleratorClass: string,
  awardId: string | null = null,
): Route[] {
  const route = (asset: string, debitAccountId: string): Route => ({
    asset,
    debitAccountId,
    creditAccountId: accountId({ purpose: Purpose.REVENUE, asset }),
  });
  const own = [creditsOf(operator), deviceTimeOf(acceleratorClass), slotsOf(acceleratorClass)].map((asset) =>
    route(asset, accountId({ project, purpose: Purpose.PROJECT, asset })),
  );
  return awardId === null ? own : [route(creditsOf(operator), awardId), ...own];
}

/** Where use beyond cover is paid from: the operator's own purse. */
export const lateRoutes = (operator: string, acceleratorClass: string): Route[] =>
  [creditsOf(operator), deviceTimeOf(acceleratorClass)].map((asset) => ({
    asset,
    debitAccountId: accountId({ purpose: Purpose.LATE_USAGE, asset }),
    creditAccountId: accountId({ purpose: Purpose.REVENUE, asset }),
  }));

/** The operator's accounts that a class needs before its first reservation. */
export const operatorAccounts = (operator: string, acceleratorClass: string): AccountName[] => [
  ...[creditsOf(operator), deviceTimeOf(acceleratorClass), slotsOf(acceleratorClass)].map((asset) => ({
    purpose: Purpose.REVENUE,
    asset,
  })),
  ...[creditsOf(operator), deviceTimeOf(acceleratorClass)].map((asset) => ({ purpose: Purpose.LATE_USAGE, asset })),
];
