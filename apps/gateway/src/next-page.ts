import { isMessage, type Message } from '@bufbuild/protobuf';
import { PageInfoSchema } from '@kontor/contracts/resource/v1/resource';

/**
 * The Link header (RFC 8288) of a reply that has a next page, relative to the server; undefined on the last page and
 * for replies that are no lists.
 */
export function nextPage(url: string, reply: Message): string | undefined {
  const page = 'page' in reply ? reply.page : undefined;
  if (!isMessage(page, PageInfoSchema) || page.nextPageToken === '') return undefined;
  const next = new URL(url, 'http://gateway');
  next.searchParams.set('pageToken', page.nextPageToken);
  return `<${next.pathname}${next.search}>; rel="next"`;
}
