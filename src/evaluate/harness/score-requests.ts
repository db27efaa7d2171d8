/**
 * Log-likelihoods of continuations. Requests of an item share the tokens at their start, which run once;
 * requests with the same input share all of it. Items run beside each other, and take over what others have
 * read.
 */
import { commonPrefix } from "../../engine/common-prefix.ts";
import type { SessionPool } from "../../engine/session-pool.ts";
import type { Session } from "../../text/text-model.ts";
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
    requests.length === 0 ? Promise.resolve([]) : scoreTogether(pool, requests, signal);

/** A request whose likelihood is found token by token. */
class Scored implements Likelihood {
  readonly ids: readonly number[];
  /** Place of the first scored token. */
  readonly begin: number;
  sum = 0;
  greedy = true;

  constructor({ ids, scored }: Window) {
    this.ids = ids;
    this.begin = ids.length - scored;
  }

  get input(): readonly number[] {
    return this.ids.slice(0, -1);
  }

  scores(place: number): boolean {
    return place >= this.begin && place < this.ids.length;
  }

  add(logprob: number, isTop: boolean): void {
    this.sum += logprob;
    this.greedy &&= isTop;
  }
}

/** @param windows of one item */
async function scoreTogether(
  pool: SessionPool<Session>,
  windows: readonly Window[],
  signal: AbortSignal | undefined,
): Promise<Likelihood[]> {
  const requests = windows.map((window) => new Scored(window));
  const inputs = requests.map(({ input }) => input);
  const same = inputs.reduce((shared, ids) => shared.slice(0, commonPrefix(shared, ids)));
  const shared = same.slice(0, Math.min(...requests.map(({ begin }) => begin)));
  await pool.use(shared, async (session, onRead) => {
    // The last shared token runs again if the session holds it: what comes next is wanted.
    session.truncate(Math.min(commonPrefix(session.ids, shared), Math.max(0, shared.length - 1)));
    if (shared.length > 0) await scoreRows(session, shared.slice(session.length), requests, signal);
    onRead();
    await Promise.all([...sameInputs(requests).values()].map((group) => scoreRest(session, group, signal)));
  });
  return requests.map(({ sum, greedy }) => ({ sum, greedy }));
}

function sameInputs(requests: readonly Scored[]): ReadonlyMap<string, Scored[]> {
  const groups = new Map<string, Scored[]>();
  for (const one of requests) {
    const key = one.input.join(" ");
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return groups;
}

/** @param session holds the first tokens @param group requests with the same input */
async function scoreRest(
  session: Session,
  group: readonly Scored[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const rest = group[0]?.input.slice(session.length) ?? [];
  if (rest.length === 0) return;
  const fork = session.fork();
  try {
    await scoreRows(fork, rest, group, signal);
  } finally {
    await fork.close();
  }
}

/** Appends ids, and scores the tokens that requests have after each of them. */
async function scoreRows(
  session: Session,
  ids: readonly number[],
  requests: readonly Scored[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const next = session.length + 1;
  const first = Math.max(next, Math.min(...requests.map(({ begin }) => begin)));
  const count = Math.max(0, next + ids.length - first);
  const rows = Array.from({ length: count }, (_, i) => requests.filter((one) => one.scores(first + i)));
  const targets = rows.map((scoring, i) => scoring.map((one) => one.ids[first + i] as number));
  const scores = await session.score(ids, targets, { signal });
  for (const [i, { top, logprobs }] of scores.entries()) {
    for (const [k, one] of (rows[i] ?? []).entries()) {
      one.add(logprobs[k] as number, top === one.ids[first + i]);
    }
  }
}
