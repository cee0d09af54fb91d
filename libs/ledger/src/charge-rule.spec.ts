import { describe, expect, it } from '@jest/globals';
import { ChargeRecord_Cause as Cause } from '@kontor/contracts/quota/v1/quota';
import { chargeFor } from './charge-rule.ts';

describe('what the cause of an end charges', () => {
  it.each(['USER', 'LIMIT', 'BUDGET', 'PREEMPTED'] as const)('%s: all that was used', (cause) => {
    expect(chargeFor(Cause[cause], 700n)).toEqual({ chargedDeviceMs: 700n, waivedDeviceMs: 0n });
  });

  it.each(['SITE', 'UNSPECIFIED'] as const)('%s: nothing', (cause) => {
    expect(chargeFor(Cause[cause], 700n)).toEqual({ chargedDeviceMs: 0n, waivedDeviceMs: 700n });
  });

  it('has a rule for every cause that the contract knows, and none loses use', () => {
    const causes = Object.values(Cause).filter((value) => typeof value === 'number');
    for (const cause of causes) {
      const { chargedDeviceMs, waivedDeviceMs } = chargeFor(cause, 700n);
      expect(chargedDeviceMs + waivedDeviceMs).toBe(700n);
    }
  });
});
