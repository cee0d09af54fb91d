import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ChargeRecord_Cause as Cause, Reservation_State as State } from '@kontor/contracts/quota/v1/quota';
import { quotaUnderTest } from '../testing/quota-under-test.ts';

/** Longer than the time between two looks at what is due. */
const TWO_LOOKS_MS = 2_500;
/** Longer than two looks on a busy machine, too. */
const QUIET_MS = 6_000;

describe('a reservation', () => {
  it('outlives the sleep of its machine: whoever reports soon after finds it as it was', async () => {
    await using quota = await quotaUnderTest({ quietMs: QUIET_MS });
    const { project, clock, compute } = quota;
    const { id } = await compute.reserve(quota.terms());
    await sleep(QUIET_MS + TWO_LOOKS_MS);
    clock.advance(7_200_000);
    await sleep(TWO_LOOKS_MS);
    expect(
      await compute.advance({ project, id, usedDeviceMs: 5n, coverDeviceMs: 20n, timeoutMs: 60_000n }),
    ).toMatchObject({ state: State.PENDING, usedDeviceMs: 5n, coverDeviceMs: 20n });
  });

  it('outlives the absence of the ledger: what was covered is paid by its payers, not by the operator', async () => {
    await using quota = await quotaUnderTest({ quietMs: QUIET_MS });
    const { project, clock } = quota;
    const { id } = await quota.compute.reserve(quota.terms());
    await quota.stop();
    clock.advance(7_200_000);
    await using again = await quota.replica();
    await sleep(TWO_LOOKS_MS);
    await again.compute.post({ project, id, usedDeviceMs: 10n, cause: Cause.USER });
    expect(await again.gateway.getReservation({ project, id })).toMatchObject({ usedDeviceMs: 10n, lateDeviceMs: 0n });
  });

  it('of which nobody reports returns by itself when its time is over', async () => {
    await using quota = await quotaUnderTest();
    const { project, clock, compute } = quota;
    const { id } = await compute.reserve({ ...quota.terms(), timeoutMs: 5_000n });
    await sleep(TWO_LOOKS_MS);
    clock.advance(5_000);
    await sleep(TWO_LOOKS_MS);
    await expect(
      compute.advance({ project, id, usedDeviceMs: 5n, coverDeviceMs: 20n, timeoutMs: 60_000n }),
    ).rejects.toMatchObject({ code: 'already_expired' });
  });
});
