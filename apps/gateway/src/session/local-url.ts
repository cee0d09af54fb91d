import { Problem } from '@kontor/kit/problem';

/** Of the whole URL as it is kept in a cookie, where a letter can take nine characters. */
const CHARACTERS_MAX = 2_000;

/**
 * A path of ours as a whole URL: nothing that a browser could take for another site, however it is written.
 *
 * @throws Problem `return_to_invalid`
 */
export function localUrl(path: string, publicUrl: string): string {
  const url = path.startsWith('/') ? URL.parse(path, publicUrl) : null;
  if (url?.origin === publicUrl && url.href.length <= CHARACTERS_MAX) return url.href;
  throw Problem.invalid('return_to_invalid', 'return_to must be a path of this site.', 'Begin it with one slash.');
}
