/** A stream of chunks, each with a part of a choice, as OpenAI's API has them. */
import { EventStream } from "../../http/event-stream.ts";
import { asRequestError, errorBody } from "../../http/request-error.ts";
import type { Exchange } from "../../route.ts";

interface Streamed {
  /** Fields of every chunk. */
  readonly head: object;
  readonly includeUsage: boolean;
}

/** What a stream ends with. */
interface Ended {
  /** The reason of each choice. */
  readonly ends: readonly string[];
  readonly usage: object;
}

/** A choice without its reason to end. */
type Choice = Readonly<Record<string, unknown>> & { readonly index: number };

/**
 * @param work sends parts of choices and returns how all have ended
 * @param last the choice that tells the reason to end, without it
 */
export async function streamChunks(
  { response, fields, signal }: Exchange,
  { head, includeUsage }: Streamed,
  work: (send: (choice: Choice) => Promise<void>) => Promise<Ended>,
  last: (index: number) => Choice,
): Promise<void> {
  const events = new EventStream(response, fields.ignored);
  const usage = includeUsage ? { usage: null } : {};
  const send = (choice: Choice, finish_reason: string | null = null) =>
    events.send({ ...head, choices: [{ ...choice, finish_reason }], ...usage });
  try {
    const ended = await work((choice) => send(choice));
    for (const [i, reason] of ended.ends.entries()) await send(last(i), reason);
    if (includeUsage) await events.send({ ...head, choices: [], usage: ended.usage });
    await events.end("[DONE]");
  } catch (error) {
    // Clients stop at an error among the data; [DONE] would say that all is well.
    if (!signal.aborted) await events.send(errorBody(asRequestError(error)));
    await events.end();
    throw error;
  }
}
