/** Work on several items at a time, with results in the order of the items. */
import { Channel } from "./channel.ts";

/**
 * Yields the results of `work` in the order of the items, each as soon as it and all before it are there.
 * Work on an item begins as soon as the item comes, also while nothing reads the results. At most `window`
 * results wait for the reader.
 */
export async function* mapInOrder<T, R>(
  items: AsyncIterable<T>,
  window: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, void> {
  const results = new Channel<Promise<R>>();
  let waiting = 0;
  let goOn = () => {};
  const begin = async () => {
    for await (const item of items) {
      results.push(handled(work(item)));
      if (++waiting < window) continue;
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    }
  };
  const begun = handled(begin().finally(() => results.end()));
  for await (const result of results) {
    yield await result;
    waiting--;
    goOn();
  }
  await begun;
}

/** Marks a rejection as handled: the reader awaits the promise later, and gets the error then. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
