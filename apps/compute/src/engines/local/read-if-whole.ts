import { logger } from '@kontor/kit/log';
import { readRecord } from './job-folder.ts';

const log = logger('engine');

/** A record that a power cut may have torn: one that cannot be read is as good as none, and the log says so. */
export function readIfWhole<T>(path: string): T | undefined {
  try {
    return readRecord<T>(path);
  } catch (error) {
    if ((error as Error).name !== 'SyntaxError') throw error;
    log.warn({ err: error, path }, 'a record of a job is torn and counts for nothing');
    return undefined;
  }
}
