import { openBytes } from './open-bytes.ts';
import type { ListedProcess } from './process-list.ts';

/** Bytes of files in memory that never had a name, which count for a process only as far as it has mapped them. */
export const namelessBytes = (proc: string, processes: ListedProcess[]): number =>
  openBytes(proc, processes, '/memfd:', ({ blocks }) => blocks * 512);

/** A System V segment, as far as it is in memory or swapped out. It outlives whoever made it. */
interface Segment {
  creatorPid: number;
  creatorUser: number;
  bytes: number;
}

/** Bytes of System V shared memory in the text of /proc/sysvipc/shm. */
export const segmentBytes = (text: string, isMine: (segment: Segment) => boolean = () => true): number =>
  segmentsIn(text)
    .filter(isMine)
    .reduce((sum, { bytes }) => sum + bytes, 0);

function segmentsIn(text: string): Segment[] {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const names = head.trim().split(/\s+/);
  return lines.map((line) => {
    const values = line.trim().split(/\s+/).map(Number);
    const of = (name: string): number => values[names.indexOf(name)] ?? 0;
    return { creatorPid: of('cpid'), creatorUser: of('cuid'), bytes: of('rss') + of('swap') };
  });
}
