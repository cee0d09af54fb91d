import type { DeviceLimit } from '@kontor/contracts/quota/v1/programme';
import { Account_Purpose as Purpose } from '@kontor/contracts/quota/v1/quota';
import type { ProjectRef } from '@kontor/contracts/resource/v1/resource';
import { Problem } from '@kontor/kit/problem';
import { accountId } from '../account-id.ts';
import { deviceTimeOf, slotsOf } from '../assets.ts';

/** An amount of device time or slots that an award hands from the operator's treasury to a project's own account. */
export interface Allowance {
  acceleratorClass: string;
  asset: string;
  amount: bigint;
  treasuryId: string;
  ownId: string;
}

type Limit = Pick<DeviceLimit, 'acceleratorClass' | 'deviceMs' | 'slots'>;

export const allowancesOf = (
  project: Pick<ProjectRef, 'tenantId' | 'projectId'>,
  limits: readonly Limit[],
): Allowance[] =>
  limits.flatMap(({ acceleratorClass, deviceMs, slots }) => {
    const allowance = (asset: string, amount: bigint): Allowance => ({
      acceleratorClass,
      asset,
      amount,
      treasuryId: accountId({ purpose: Purpose.TREASURY, asset }),
      ownId: accountId({ project, purpose: Purpose.PROJECT, asset }),
    });
    return [allowance(deviceTimeOf(acceleratorClass), deviceMs), allowance(slotsOf(acceleratorClass), BigInt(slots))];
  });

/** Device time and slots of all classes together. @throws Problem where a class is named twice */
export function totalOf(limits: readonly Limit[]): { deviceMs: bigint; slots: number } {
  const classes = new Set(limits.map(({ acceleratorClass }) => acceleratorClass));
  if (classes.size < limits.length) {
    throw Problem.invalid('class_named_twice', 'The limits name an accelerator class twice.', 'Name each once.');
  }
  return {
    deviceMs: limits.reduce((sum, { deviceMs }) => sum + deviceMs, 0n),
    slots: limits.reduce((sum, { slots }) => sum + slots, 0),
  };
}
