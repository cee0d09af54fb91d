import type { Clock } from './clock.ts';
import { currentCall } from './current-call.ts';

interface Kept<V> {
  answer: Promise<V>;
  untilMs: number;
}

/**
 * Answers that stay good for a moment. Whoever asks while the same question is under way waits for its answer; a
 * failure is not remembered. Age counts from the question, so an answer is never older than it says. Nobody's request
 * is what asks: the answer is for others too, and must not end with the one who was first.
 */
export class Remembered<V> {
  readonly #kept = new Map<string, Kept<V>>();

  /** @param most how many answers are kept; the oldest go first */
  constructor(
    private readonly clock: Clock,
    private readonly forMs: number,
    private readonly most: number,
  ) {}

  /** How many answers are kept. */
  get size(): number {
    return this.#kept.size;
  }

  get(key: string, ask: () => Promise<V>): Promise<V> {
    const now = this.clock.now().getTime();
    const known = this.#kept.get(key);
    if (known && known.untilMs > now) return known.answer;
    const kept = { answer: currentCall.exit(ask), untilMs: now + this.forMs };
    this.#kept.delete(key);
    this.#dropOld();
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < this.most) break;
      this.#kept.delete(oldest);
    }
    this.#kept.set(key, kept);
    setTimeout(() => this.#dropOld(), this.forMs + 1).unref();
    kept.answer.catch(() => this.#kept.get(key) === kept && this.#kept.delete(key));
    return kept.answer;
  }

  /** Answers have people's names in them, which nobody needs longer than the answers. The oldest stand first. */
  #dropOld(): void {
    const now = this.clock.now().getTime();
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs > now) break;
      this.#kept.delete(key);
    }
  }
}
