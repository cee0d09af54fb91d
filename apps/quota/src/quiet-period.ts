import type { Clock } from '@kontor/kit/clock';

/** The wall clock may drift and be slewed: this much ahead between two looks is no jump. */
const DRIFT_MS_MAX = 10_000;

/**
 * A while in which nothing is given up on that time made due: after the process started, and after the wall clock
 * jumped ahead of the time that has really passed, as when a laptop slept. Whoever was to report in the meantime had
 * nobody to report to, or no time to; and a clock that was set wrong may be set right again.
 */
export class QuietPeriod {
  #last: { wallMs: number; passedMs: number } | undefined;
  #quietUntilMs: number;

  /**
   * @param quietMs for how long it is quiet after a start or a jump
   * @param passedMs the time that has passed, by a clock that no one can set and that stands while the machine sleeps
   */
  constructor(
    private readonly clock: Clock,
    private readonly quietMs: number,
    private readonly passedMs = () => performance.now(),
  ) {
    this.#quietUntilMs = passedMs() + quietMs;
  }

  /** To be asked regularly: a jump is what lies between two looks. */
  isQuiet(): boolean {
    const now = { wallMs: this.clock.now().getTime(), passedMs: this.passedMs() };
    const last = this.#last ?? now;
    this.#last = now;
    const aheadMs = now.wallMs - last.wallMs - (now.passedMs - last.passedMs);
    if (aheadMs > DRIFT_MS_MAX) this.#quietUntilMs = now.passedMs + this.quietMs;
    return now.passedMs < this.#quietUntilMs;
  }
}
