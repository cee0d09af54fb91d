/** Something that is done again and again, never twice at once, by a clock that no one can set. */
export class Recurring {
  #nextAtMs = 0;
  #running: Promise<void> | undefined;

  constructor(
    private readonly everyMs: number,
    private readonly act: () => Promise<unknown>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Begins it where it is time to. What fails is done again at the next turn. */
  whenDue(): void {
    if (this.#running || performance.now() < this.#nextAtMs) return;
    this.#nextAtMs = performance.now() + this.everyMs;
    this.#running = this.act()
      .catch(this.failed)
      .then(() => void (this.#running = undefined));
  }
}
