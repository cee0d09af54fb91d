import type { Clock } from '@kontor/kit/clock';

/** The wall clock may drift and be slewed: this much ahead between two looks is no jump. */
const DRIFT_MS_MAX = 10_000;

/**
 * Notices when the wall clock jumps ahead of the time that has really passed, as after a laptop slept: whoever was to
 * report in the meantime had no time to.
 */
export class ClockJump {
  #last: { wallMs: number; passedMs: number } | undefined;
  #quietUntilMs = -Infinity;

  /**
   * @param passedMs the time that has passed, by a clock that no one can set and that stands while the machine sleeps
   * @param quietMs for how long a jump counts
   */
  constructor(
    private readonly clock: Clock,
    private readonly quietMs: number,
    private readonly passedMs = () => performance.now(),
  ) {}

  /** Whether the clock has jumped a moment ago. To be asked regularly: a jump is what lies between two looks. */
  isFresh(): boolean {
    const now = { wallMs: this.clock.now().getTime(), passedMs: this.passedMs() };
    const last = this.#last ?? now;
    this.#last = now;
    const aheadMs = now.wallMs - last.wallMs - (now.passedMs - last.passedMs);
    if (aheadMs > DRIFT_MS_MAX) this.#quietUntilMs = now.passedMs + this.quietMs;
    return now.passedMs < this.#quietUntilMs;
  }
}
