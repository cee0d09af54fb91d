import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '@kontor/kit/problem';
import type { DataSource } from 'typeorm';

const LOOK_EVERY_MS = 20;
const LOOKS_MAX = 500;

/**
 * Resolves once everything that is dated before now can be read. Whoever writes reads the clock under locks, and has a
 * transaction id by then: when all with an earlier one than is given out now have ended, nobody can come with an
 * earlier date any more.
 *
 * @throws Problem `still_being_written` where one of them takes longer than ten seconds
 */
export async function settled(dataSource: DataSource): Promise<void> {
  const [now] = await dataSource.query<{ id: string }[]>('SELECT pg_current_xact_id()::text AS id');
  for (let look = 0; look < LOOKS_MAX; look++) {
    const [then] = await dataSource.query<{ haveEnded: boolean }[]>(
      'SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 AS "haveEnded"',
      [now?.id],
    );
    if (then?.haveEnded) return;
    await sleep(LOOK_EVERY_MS);
  }
  throw Problem.unavailable(
    'still_being_written',
    'What happened until now is still being written.',
    'Ask again in a moment, or name an earlier end.',
  );
}
