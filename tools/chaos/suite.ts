/** What a fault suite is told. */
export interface ChaosOptions {
  seed: number;
  nightly: boolean;
}

/** What came of it. */
export interface Outcome {
  /** What was counted, in the order in which it is printed. */
  counts: Record<string, string | number | bigint>;
  pass: boolean;
}
