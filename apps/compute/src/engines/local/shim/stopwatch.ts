/** Elapsed time that can be halted, by a clock that no one can set. */
export class Stopwatch {
  private collectedMs = 0;
  private sinceMs: number | undefined;

  constructor({ running = true } = {}) {
    if (running) this.start();
  }

  get running(): boolean {
    return this.sinceMs !== undefined;
  }

  start(): void {
    this.sinceMs ??= performance.now();
  }

  stop(): void {
    this.collectedMs = this.elapsedMs();
    this.sinceMs = undefined;
  }

  elapsedMs(): number {
    return this.collectedMs + (this.sinceMs === undefined ? 0 : performance.now() - this.sinceMs);
  }
}
