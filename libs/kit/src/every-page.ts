/** The most that the contract lets a page have. */
const SIZE_MAX = 500;

/**
 * Reads a list to its end, page after page. It is not of one instant: what is there throughout is in it once, what
 * comes or goes meanwhile may be.
 *
 * @param ask for one page
 */
export async function everyPage<R extends { page?: { nextPageToken: string } | undefined }, T>(
  ask: (page: { pageSize: number; pageToken: string }) => Promise<R>,
  itemsOf: (reply: R) => T[],
): Promise<T[]> {
  const items: T[] = [];
  for (let pageToken = ''; ;) {
    const reply = await ask({ pageSize: SIZE_MAX, pageToken });
    items.push(...itemsOf(reply));
    pageToken = reply.page?.nextPageToken ?? '';
    if (pageToken === '') return items;
  }
}
