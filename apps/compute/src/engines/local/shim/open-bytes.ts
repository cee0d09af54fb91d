import { opendirSync, readlinkSync, statSync, type Stats } from 'node:fs';
import type { ListedProcess } from './process-list.ts';

/** Bytes of files that processes hold open and that have lost their names, which no look at a folder finds. */
export const deletedBytes = (proc: string, processes: ListedProcess[], below: string): number =>
  openBytes(proc, processes, below, ({ size, blocks }) => Math.max(size, blocks * 512));

/**
 * Bytes of files without a name that processes hold open, each counted once.
 *
 * @param proc the /proc that shows the processes
 * @param below what their names began with, as the processes saw them, such as `/job/`
 */
export function openBytes(
  proc: string,
  processes: ListedProcess[],
  below: string,
  bytesOf: (file: Stats) => number,
): number {
  const found = new Map<string, number>();
  for (const { pid } of processes) {
    for (const path of descriptors(`${proc}/${pid}/fd`)) {
      try {
        const name = readlinkSync(path);
        if (!name.startsWith(below) || !name.endsWith(' (deleted)')) continue;
        const file = statSync(path);
        found.set(`${file.dev}:${file.ino}`, bytesOf(file));
      } catch {
        // It was closed between the list and the look.
      }
    }
  }
  return found.values().reduce((sum, bytes) => sum + bytes, 0);
}

/** One by one, because a process may have very many; none of one that is gone. */
function* descriptors(folder: string): Generator<string> {
  try {
    using entries = opendirSync(folder);
    for (let entry = entries.readSync(); entry; entry = entries.readSync()) yield `${folder}/${entry.name}`;
  } catch {
    // It ended between the list and the look.
  }
}
