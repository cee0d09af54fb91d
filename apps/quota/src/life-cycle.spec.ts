import { describe, expect, it } from '@jest/globals';
import { expectBalanced, quotaUnderTest, UCR_PER_MS } from '../testing/quota-under-test.ts';
import { play, tidy } from '../testing/story.ts';

/** After the arrow: state, used+late/cover in device-milliseconds, then the project's credits left/held. */
const STORIES: Record<string, string> = {
  'a job is covered, advanced and posted, and the rest returns': `
    reserve a cover=10            → PENDING 0+0/10   90/10
    advance a used=4 cover=20     → PENDING 4+0/20   80/16
    advance a used=15 cover=30    → PENDING 15+0/30  70/15
    post a used=21                → POSTED 21+0/30   79/0
    post a used=21                → POSTED 21+0/30   79/0`,
  'a job that never ran is voided, once': `
    reserve a cover=10            → PENDING 0+0/10   90/10
    void a                        → VOIDED 0+0/10    100/0
    void a                        → VOIDED 0+0/10    100/0
    advance a used=1              → already_voided   100/0
    post a used=0                 → already_voided   100/0
    reserve a cover=10            → VOIDED 0+0/10    100/0`,
  'a job that ran cannot be voided': `
    reserve a cover=10            → PENDING 0+0/10   90/10
    advance a used=1              → PENDING 1+0/10   90/9
    void a                        → already_used     90/9
    post a used=1                 → POSTED 1+0/10    99/0
    void a                        → already_posted   99/0`,
  'the same request is the same reservation, another content is not': `
    reserve a cover=10 slots=2    → PENDING 0+0/10   90/10
    reserve a cover=10 slots=2    → PENDING 0+0/10   90/10
    reserve a cover=11 slots=2    → exists_with_different_cover_device_ms   90/10
    reserve a cover=10 slots=3    → exists_with_different_slots             90/10
    reserve a cover=10 slots=2 timeout=1000  → exists_with_different_timeout_ms  90/10
    reserve a cover=10 slots=2 class=free    → exists_with_different_accelerator_class  90/10
    advance a used=5 cover=20     → PENDING 5+0/20   80/15
    reserve a cover=10 slots=2    → PENDING 5+0/20   80/15
    post a used=9                 → POSTED 9+0/20    91/0
    post a used=8                 → exists_with_different_used_device_ms    91/0
    post a used=9 cause=LIMIT     → exists_with_different_cause             91/0`,
  'reports that come late or twice change nothing': `
    reserve a cover=50            → PENDING 0+0/50   50/50
    advance a used=20 cover=60    → PENDING 20+0/60  40/40
    advance a used=20 cover=60    → PENDING 20+0/60  40/40
    advance a used=10 cover=90    → PENDING 20+0/60  40/40
    advance a used=30 cover=40    → PENDING 30+0/60  40/30
    post a used=29                → use_below_posted 40/30`,
  "what is used beyond cover is the operator's": `
    reserve a cover=10            → PENDING 0+0/10   90/10
    advance a used=14 cover=10    → PENDING 10+4/10  90/0
    advance a used=16 cover=30    → PENDING 10+6/30  76/14
    advance a used=20 cover=30    → PENDING 14+6/30  76/10
    post a used=33                → POSTED 24+9/30   76/0`,
  'a job whose budget is empty keeps its cover and pays for its use': `
    reserve a cover=60            → PENDING 0+0/60   40/60
    reserve b cover=30            → PENDING 0+0/30   10/90
    advance a used=50 cover=71    → PENDING 50+0/60  10/40
    advance a used=50 cover=70    → PENDING 50+0/70  0/50
    reserve c cover=1             → insufficient_credits  0/50
    void b                        → VOIDED 0+0/30    30/20
    reserve c cover=1             → PENDING 0+0/1    29/21`,
  "the site's fault costs nothing, whatever was posted before": `
    reserve a cover=50            → PENDING 0+0/50   50/50
    advance a used=30 cover=60    → PENDING 30+0/60  40/30
    post a used=45 cause=SITE     → POSTED 0+0/60    100/0
    post a used=45 cause=SITE     → POSTED 0+0/60    100/0
    post a used=44 cause=SITE     → exists_with_different_used_device_ms  100/0`,
  'nobody comes, and what was set aside returns by itself': `
    reserve a cover=50            → PENDING 0+0/50   50/50
    tick 59s                      → later            50/50
    advance a used=20 cover=0     → PENDING 20+0/50  50/30
    tick 59s                      → later            50/30
    tick 1s                       → later            80/0
    advance a used=21             → already_expired  80/0
    post a used=35                → POSTED 20+15/50  80/0`,
  'a paused job reports the same again and keeps what it has': `
    reserve a cover=50            → PENDING 0+0/50   50/50
    tick 59s                      → later            50/50
    advance a used=0 cover=50     → PENDING 0+0/50   50/50
    tick 59s                      → later            50/50
    tick 2s                       → later            100/0
    void a                        → VOIDED 0+0/50    100/0`,
  'what is not there or too much is refused': `
    reserve a cover=101           → insufficient_credits  100/0
    reserve a cover=10 slots=1001 → insufficient_slots    100/0
    reserve a class=free          → no_rate               100/0
    reserve a class=unopened      → account_not_found     100/0
    advance a used=1              → reservation_not_found 100/0
    post a used=1                 → reservation_not_found 100/0
    void a                        → reservation_not_found 100/0`,
};

describe('the life of a reservation', () => {
  it.each(Object.entries(STORIES))('%s', async (_, story) => {
    await using quota = await quotaUnderTest({ credits: 100n });
    await quota.gateway.setRate({ acceleratorClass: 'unopened', ucrPerDeviceHour: UCR_PER_MS });
    expect(await play(quota, tidy(story))).toBe(tidy(story));
    await expectBalanced(quota.gateway);
  });
});
