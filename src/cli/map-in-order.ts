/** Work on many items at a time, with results in the order of the items. */
import { Channel } from "./channel.ts";

/**
 * What `work` makes of items, in their order, each as soon as those before it are there. It begins with an item as soon as that
 * comes, whoever reads the results or does not, while fewer than `window` of them wait for their reader.
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
      results.push(heard(work(item)));
      if (++waiting < window) continue;
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    }
  };
  const begun = heard(begin().finally(() => results.end()));
  for await (const result of results) {
    yield await result;
    waiting--;
    goOn();
  }
  await begun;
}

/** Whoever waits for it hears of an error; until then it is no unhandled one. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
