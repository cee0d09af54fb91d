import { readdirSync, readlinkSync, statSync } from 'node:fs';
import type { ListedProcess } from './process-list.ts';

/**
 * Bytes of files that processes hold open and that have lost their names, which no look at a folder finds.
 *
 * @param proc the /proc that shows the processes
 * @param below where the files had been, as the processes saw it, such as `/job/`
 */
export function deletedBytes(proc: string, processes: ListedProcess[], below: string): number {
  const found = new Map<string, number>();
  for (const { pid } of processes) {
    for (const path of descriptors(`${proc}/${pid}/fd`)) {
      try {
        const name = readlinkSync(path);
        if (!name.startsWith(below) || !name.endsWith(' (deleted)')) continue;
        const { dev, ino, size, blocks } = statSync(path);
        found.set(`${dev}:${ino}`, Math.max(size, blocks * 512));
      } catch {
        // It was closed between the list and the look.
      }
    }
  }
  return found.values().reduce((sum, bytes) => sum + bytes, 0);
}

function descriptors(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}
