import { timingSafeEqual } from 'node:crypto';
import { Problem } from '@kontor/kit/problem';
import type { Request } from 'express';
import { fingerprint } from '../identity/fingerprint.ts';
import type { Session } from './session.ts';

const HEADER = 'kontor-csrf';
const HARMLESS = ['GET', 'HEAD'];

/**
 * Cookies come along with whatever any site makes a browser send. So a request that changes something must come from a
 * page of ours, which its Origin says and knowing the session's value proves.
 *
 * @throws Problem `csrf_refused`
 */
export function checkSameSite(request: Request, { csrf }: Session, publicUrl: string): void {
  if (HARMLESS.includes(request.method)) return;
  const isOurs = request.headers.origin === publicUrl && isSame(request.get(HEADER) ?? '', csrf);
  if (isOurs) return;
  throw Problem.forbidden(
    'csrf_refused',
    'The request does not prove that a page of this site sent it.',
    `Send it from ${publicUrl} with the header ${HEADER}, whose value /auth/session tells.`,
  );
}

/** Takes the same time wherever two texts differ, and whatever their lengths. */
const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(fingerprint(one)), Buffer.from(fingerprint(other)));
