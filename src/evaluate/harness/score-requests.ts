/**
 * Log-likelihoods of continuations. Requests of an item share the tokens at their start, which run once;
 * requests with the same input share all of it. Items run beside each other, and take over what others have
 * read.
 */
import { commonPrefix } from "../../engine/common-prefix.ts";
import type { SessionPool } from "../../engine/session-pool.ts";
import type { Session } from "../../text/text-model.ts";
import { normalizer } from "../perplexity/score-window.ts";
import type { Window } from "../perplexity/windows.ts";

export interface Likelihood {
  /** Sum of the log-probabilities of the continuation's tokens. */
  readonly sum: number;
  /** Whether each of them is the likeliest. */
  readonly greedy: boolean;
}

export type RequestScorer = (requests: readonly Window[]) => Promise<Likelihood[]>;

export const openRequestScorer =
  (pool: SessionPool<Session>, signal?: AbortSignal): RequestScorer =>
  (requests) =>
    scoreTogether(pool, requests, signal);

/** @param requests of one item */
async function scoreTogether(
  pool: SessionPool<Session>,
  requests: readonly Window[],
  signal: AbortSignal | undefined,
): Promise<Likelihood[]> {
  const [first] = requests;
  if (first === undefined) return [];
  const inputs = requests.map(({ ids }) => ids.slice(0, -1));
  const all = inputs.reduce((shared, ids) => shared.slice(0, commonPrefix(shared, ids)));
  // The logits before each scored token are needed, those after the shared part among them.
  const begins = requests.map(({ ids, scored }) => ids.length - scored);
  const shared = all.slice(0, Math.min(...begins));
  return await pool.use(shared, async (session, onRead) => {
    session.truncate(Math.min(commonPrefix(session.ids, shared), Math.max(0, shared.length - 1)));
    const rest = shared.slice(session.length);
    const last = rest.length > 0 ? await session.append(rest, { signal }) : undefined;
    onRead();
    const results: Likelihood[] = [];
    const score = async (places: readonly number[]) => {
      const ids = inputs[places[0] as number] as number[];
      const begin = Math.min(...places.map((i) => begins[i] as number));
      const rows = await rowsFrom(begin, ids, session, last, signal);
      for (const i of places) results[i] = likelihood(rows, begin, requests[i] as Window);
    };
    await Promise.all(sameInputs(inputs).map(score));
    return results;
  });
}

/** Places of equal inputs. */
function sameInputs(inputs: readonly (readonly number[])[]): number[][] {
  const places = new Map<string, number[]>();
  for (const [i, ids] of inputs.entries()) {
    const key = ids.join(" ");
    places.set(key, [...(places.get(key) ?? []), i]);
  }
  return [...places.values()];
}

/**
 * Logits before the tokens from `begin` on, and after the last.
 *
 * @param session holds the first ids, at most `begin`
 * @param last logits after them
 */
async function rowsFrom(
  begin: number,
  ids: readonly number[],
  session: Session,
  last: Float32Array | undefined,
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const isLast = last !== undefined && session.length === begin;
  if (isLast && ids.length === begin) return [last];
  const fork = session.fork();
  try {
    const first = isLast ? begin : begin - 1;
    if (first > fork.length) await fork.append(ids.slice(fork.length, first), { signal });
    const logits = await fork.append(ids.slice(first), { every: true, signal });
    const width = logits.length / (ids.length - first);
    const rows = Array.from({ length: ids.length - first }, (_, i) =>
      logits.subarray(i * width, (i + 1) * width),
    );
    return isLast ? [last, ...rows] : rows;
  } finally {
    await fork.close();
  }
}

/** @param rows logits before the tokens from `begin` on */
function likelihood(rows: readonly Float32Array[], begin: number, { ids, scored }: Window): Likelihood {
  let [sum, greedy] = [0, true];
  for (let place = ids.length - scored; place < ids.length; place++) {
    const row = rows[place - begin] as Float32Array;
    const { top, logSum } = normalizer(row);
    const id = ids[place] as number;
    sum += (row[id] as number) - logSum;
    greedy &&= top === id;
  }
  return { sum, greedy };
}
