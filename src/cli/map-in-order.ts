/**
 * What `work` makes of items, in their order, each as soon as those before it are there. It begins with an item as soon as that
 * comes, while fewer than `window` results wait for others or for their reader.
 */
export async function* mapInOrder<T, R>(
  items: AsyncIterable<T>,
  window: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const source = items[Symbol.asyncIterator]();
  const results: Promise<R>[] = [];
  let next: Promise<IteratorResult<T>> | undefined = heard(source.next());
  while (next !== undefined || results.length > 0) {
    const [oldest] = results;
    const arrival = results.length < window ? next?.then((item) => ({ item })) : undefined;
    const result = oldest?.then((result) => ({ result }));
    const event = await Promise.race([arrival, result].filter((wait) => wait !== undefined));
    if ("result" in event) {
      results.shift();
      yield event.result;
    } else if (event.item.done) next = undefined;
    else {
      results.push(heard(work(event.item.value)));
      next = heard(source.next());
    }
  }
}

/** Whoever waits for it hears of an error; until then it is no unhandled one. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
