import { inspect } from 'node:util';

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

/** Where what happens is kept. */
export interface Log {
  /** Absolute path, or words that say where to look. */
  file: string;
  note(text: string): void;
}

/** For what happens before there is a file. */
export const TERMINAL: Log = { file: 'the lines above', note: (text) => console.error(text) };

/** What to tell about anything thrown: faults of ours carry help, anything else is written whole into the log. */
export function tell(error: unknown, log: Log): string {
  const message = error instanceof Error ? error.message : String(error);
  const help = (error as { help?: unknown } | null)?.help;
  if (typeof help === 'string') return `${message} ${help}`;
  log.note(inspect(error));
  return `${message.replace(/\.?$/, '.')} The whole story is in ${log.file}.`;
}
