import { closeSync, fdatasync, openSync, readFileSync, write } from 'node:fs';
import { promisify } from 'node:util';

const writeOf = promisify(write);
const sync = promisify(fdatasync);

/**
 * What clients were told, on disk before it counts as told: the promise that the ledger is held to. Lines of JSON; many
 * that come at once share one write and one fdatasync.
 */
export class ClientJournal {
  readonly #file: number;
  readonly #path: string;
  #waiting: { line: string; kept: () => void; failed: (error: unknown) => void }[] = [];
  #writing = false;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a');
  }

  /** Resolves once the entry is on disk. */
  keep(entry: object): Promise<void> {
    return new Promise((kept, failed) => {
      this.#waiting.push({ line: `${JSON.stringify(entry)}\n`, kept, failed });
      if (!this.#writing) void this.#write();
    });
  }

  /** Everything that is on disk, in the order in which it was told. */
  read<T>(): T[] {
    const lines = readFileSync(this.#path, 'utf8').trimEnd().split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
  }

  close(): void {
    closeSync(this.#file);
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      try {
        await writeOf(this.#file, batch.map(({ line }) => line).join(''));
        await sync(this.#file);
        for (const { kept } of batch) kept();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#writing = false;
  }
}
