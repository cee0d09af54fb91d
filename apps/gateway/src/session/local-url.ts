import { Problem } from '@kontor/kit/problem';

const CHARACTERS_MAX = 2_000;

/**
 * A path of ours as a whole URL: nothing that a browser could take for another site, however it is written.
 *
 * @throws Problem `return_to_invalid`
 */
export function localUrl(path: string, publicUrl: string): string {
  const isPath = path.startsWith('/') && path.length <= CHARACTERS_MAX && URL.canParse(path, publicUrl);
  const url = isPath ? new URL(path, publicUrl) : undefined;
  if (url?.origin === publicUrl) return url.href;
  throw Problem.invalid('return_to_invalid', 'return_to must be a path of this site.', 'Begin it with one slash.');
}
