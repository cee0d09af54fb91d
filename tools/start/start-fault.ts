/** Something that keeps Kontor from starting and that a person can mend. */
export class StartFault extends Error {
  override readonly name = 'StartFault';
  readonly help: string;

  /** @param what one sentence: what is wrong; @param help one sentence: what helps */
  constructor(what: string, help: string, cause?: unknown) {
    super(what, cause === undefined ? {} : { cause });
    this.help = help;
  }
}

/** What to tell about anything thrown: faults of ours carry help, anything else points to the log. */
export function tell(error: unknown, logFile: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const help = (error as { help?: unknown } | null)?.help;
  return `${message} ${typeof help === 'string' ? help : `The whole story is in ${logFile}.`}`;
}
