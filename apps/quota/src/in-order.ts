/**
 * Starts work on items as they come and answers in their order, with at most `window` items begun and not yet answered:
 * a slow reader of the answers slows down the reading of the items.
 */
export async function* inOrder<I, O>(
  items: AsyncIterable<I>,
  work: (item: I) => Promise<O>,
  window: number,
): AsyncGenerator<O> {
  const begun: Promise<O>[] = [];
  let [more, room] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let state = 'reading' as 'reading' | 'ended' | 'abandoned';
  const read = async (): Promise<void> => {
    for await (const item of items) {
      begun.push(work(item));
      more.resolve();
      if (begun.length >= window) {
        room = Promise.withResolvers();
        await room.promise;
      }
      if (state === 'abandoned') return;
    }
  };
  const reading = read().finally(() => {
    state = 'ended';
    more.resolve();
  });
  // Whoever awaits it below sees the failure; until then nobody must be told that nobody caught it.
  reading.catch(() => undefined);
  try {
    for (;;) {
      const next = begun.shift();
      if (next) {
        yield await next;
        room.resolve();
      } else if (state === 'ended') {
        return await reading;
      } else {
        more = Promise.withResolvers();
        await more.promise;
      }
    }
  } finally {
    state = 'abandoned';
    room.resolve();
  }
}
