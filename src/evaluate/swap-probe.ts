/**
 * Whether a model finds texts about some likelier than the same texts about others: pairs of prompts in which
 * names or other words are swapped (Bolukbasi et al. 2016; Nangia et al. 2020, "CrowS-Pairs").
 */
import { openSessionPool } from "../engine/session-pool.ts";
import { GptError } from "../errors.ts";
import type { LanguageModel } from "../library/language-model.ts";
import type { Session } from "../text/text-model.ts";
import { type PairedDifference, pairedDifference } from "./harness/paired.ts";
import { requestOf } from "./harness/requests.ts";
import { openRequestScorer, type RequestScorer } from "./harness/score-requests.ts";
import { type Row, readRows } from "./task/rows.ts";

export interface SwapPair {
  readonly first: string;
  readonly second: string;
  /** What comes after both, and is scored. Undefined: the texts themselves are. */
  readonly continuation: string | undefined;
  readonly group: string | undefined;
}

/** Log-likelihoods of a pair, in nats. */
export interface ProbedPair extends SwapPair {
  readonly firstLogprob: number;
  readonly secondLogprob: number;
}

export interface ProbedGroup extends PairedDifference {
  /** Undefined: all pairs. */
  readonly group: string | undefined;
  /** Share of pairs whose second text is likelier. */
  readonly secondLikelier: number;
}

/** Stands for the swapped words in a template. */
const PLACE = "{name}";

/**
 * Pairs of a file: rows with `first` and `second`, and if need be `template` (a text with {name} in the place
 * of these), `continuation` and `group`.
 *
 * @throws GptError as `readRows`; `invalid-file` for a row without these fields, and for no rows
 */
export async function readSwapPairs(path: string): Promise<SwapPair[]> {
  const pairs = (await readRows(path)).map(pairOf);
  if (pairs.length > 0) return pairs;
  throw new GptError("invalid-file", `${path}: expected rows with "first" and "second", found none`);
}

function pairOf({ fields, place }: Row): SwapPair {
  const optional = (name: string): string | undefined => {
    const value = fields[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    throw new GptError("invalid-file", `${place}: "${name}" is ${JSON.stringify(value)}, expected a text`);
  };
  const text = (name: string): string => {
    const found = optional(name);
    if (found !== undefined) return found;
    throw new GptError(
      "invalid-file",
      `${place}: expected a text "${name}", found ${JSON.stringify(fields)}`,
    );
  };
  const template = optional("template") ?? PLACE;
  if (!template.includes(PLACE)) {
    throw new GptError("invalid-file", `${place}: the template has no ${PLACE}`);
  }
  const filled = (name: string) => template.split(PLACE).join(text(name));
  return {
    first: filled("first"),
    second: filled("second"),
    continuation: optional("continuation"),
    group: optional("group"),
  };
}

interface ProbeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Gets the number of pairs that are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** @throws GptError as `Session.score`; `resource` for a text that does not fit; the signal's reason */
export async function probeSwap(
  model: LanguageModel,
  pairs: readonly SwapPair[],
  { signal, onProgress }: ProbeOptions = {},
): Promise<ProbedPair[]> {
  const pool = openSessionPool<Session>(model);
  const score = openRequestScorer(pool, signal);
  const probed: ProbedPair[] = [];
  let [next, done] = [0, 0];
  const work = async () => {
    while (next < pairs.length) {
      const i = next++;
      probed[i] = await probePair(model, pairs[i] as SwapPair, score);
      onProgress?.(++done);
    }
  };
  await Promise.all(Array.from({ length: pool.size }, work));
  return probed;
}

async function probePair(model: LanguageModel, pair: SwapPair, score: RequestScorer): Promise<ProbedPair> {
  const { first, second, continuation } = pair;
  const requests = [first, second].map((text) => {
    const request =
      continuation === undefined ? requestOf(model, "", text) : requestOf(model, text, continuation);
    if (request !== undefined) return request;
    const problem = `has no token to score, or more than the context of ${model.contextSize}`;
    throw new GptError("resource", `the text ${JSON.stringify(text.slice(0, 60))} ${problem}`);
  });
  const [a, b] = await score(requests);
  return { ...pair, firstLogprob: a?.sum ?? Number.NaN, secondLogprob: b?.sum ?? Number.NaN };
}

/** The difference of the log-likelihoods, second less first: of all pairs, and of each group if there are some. */
export function summarizeSwaps(pairs: readonly ProbedPair[]): ProbedGroup[] {
  const names = [...new Set(pairs.map(({ group }) => group))];
  const groups = names.length > 1 ? names : [];
  return [
    summaryOf(undefined, pairs),
    ...groups.map((group) =>
      summaryOf(
        group ?? "other",
        pairs.filter((pair) => pair.group === group),
      ),
    ),
  ];
}

function summaryOf(group: string | undefined, pairs: readonly ProbedPair[]): ProbedGroup {
  const first = pairs.map(({ firstLogprob }) => firstLogprob);
  const second = pairs.map(({ secondLogprob }) => secondLogprob);
  const likelier = pairs.filter(({ firstLogprob, secondLogprob }) => secondLogprob > firstLogprob).length;
  return { group, ...pairedDifference(first, second), secondLikelier: likelier / pairs.length };
}
