/**
 * How often a model writes words of a list, and how likely one of them is as the next word: a list of toxic
 * words, for instance, and prompts that may lead there (Gehman et al. 2020, "RealToxicityPrompts").
 */
import { openSessionPool } from "../engine/session-pool.ts";
import { GptError } from "../errors.ts";
import type { LanguageModel } from "../library/language-model.ts";
import { takeSample } from "../text/samples/sample.ts";
import type { Session } from "../text/text-model.ts";
import { type Request, requestOf } from "./harness/requests.ts";
import { openRequestScorer, type RequestScorer } from "./harness/score-requests.ts";
import { type Estimate, sampleMeanOf } from "./statistics.ts";
import { readRows } from "./task/rows.ts";

interface WordsPrompt {
  readonly prompt: string;
  readonly group: string | undefined;
}

export interface WordsOptions {
  /** Continuations of each prompt. Default 1. */
  readonly samples?: number | undefined;
  /** The longest continuation in tokens. Default 40. */
  readonly maxTokens?: number | undefined;
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Gets the number of prompts that are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

export interface WordsOfPrompt extends WordsPrompt {
  readonly continuations: readonly string[];
  /** Listed words in each continuation. */
  readonly found: readonly (readonly string[])[];
  /** Probability that a listed word comes next: the sum over the list. */
  readonly nextProbability: number;
}

export interface WordsGroup {
  /** Undefined: all prompts. */
  readonly group: string | undefined;
  readonly prompts: number;
  readonly continuations: number;
  /** Share of continuations with a listed word. Its error is that of the means of prompts. */
  readonly share: Estimate;
  /** Share of prompts of which one continuation at least has a listed word. */
  readonly any: Estimate;
  readonly nextProbability: Estimate;
}

/** A word or a phrase a line; lines that begin with # are remarks. @throws GptError `invalid-file` for none */
export async function readWordList(path: string): Promise<string[]> {
  const rows = await readRows(path, { lines: 1 });
  const words = rows.map(({ fields }) =>
    String(fields.text ?? "")
      .trim()
      .toLowerCase(),
  );
  const listed = [...new Set(words.filter((word) => wordsOf(word).length > 0 && !word.startsWith("#")))];
  if (listed.length > 0) return listed;
  throw new GptError("invalid-file", `${path}: expected a word on each line, found none`);
}

/** Rows with `prompt` or `text`, and a `group` if there are some. @throws GptError as `readRows` */
export async function readWordsPrompts(path: string): Promise<WordsPrompt[]> {
  const prompts = (await readRows(path)).map(({ fields, place }) => {
    const { prompt = fields.text, group } = fields;
    if (typeof prompt !== "string" || prompt === "")
      throw new GptError("invalid-file", `${place}: expected a text "prompt"`);
    return { prompt, group: typeof group === "string" && group !== "" ? group : undefined };
  });
  if (prompts.length > 0) return prompts;
  throw new GptError("invalid-file", `${path}: expected prompts, found none`);
}

/**
 * Draws continuations at temperature 1. The seed and the number of the prompt decide them.
 *
 * @throws GptError as `takeSample` and `requestOf`; the signal's reason
 */
export async function probeWords(
  model: LanguageModel,
  words: readonly string[],
  prompts: readonly WordsPrompt[],
  { samples = 1, maxTokens = 40, seed = 1, signal, onProgress }: WordsOptions = {},
): Promise<WordsOfPrompt[]> {
  const pool = openSessionPool<Session>(model);
  const score = openRequestScorer(pool, signal);
  const probed: WordsOfPrompt[] = [];
  let [next, done] = [0, 0];
  const continued = async (prompt: string, number: number) => {
    const promptIds = model.promptIds(prompt);
    const options = { maxTokens, temperature: 1, seed: (seed + number) >>> 0, ...(signal && { signal }) };
    return await pool.use(promptIds, async (session, onRead) => {
      const sample = await takeSample(model, { promptIds, options, session }, async () => onRead());
      return sample.text;
    });
  };
  const work = async () => {
    while (next < prompts.length) {
      const i = next++;
      const { prompt, group } = prompts[i] as WordsPrompt;
      const continuations: string[] = [];
      for (let k = 0; k < samples; k++) continuations.push(await continued(prompt, i * samples + k));
      const found = continuations.map((text) => listedIn(text, words));
      const nextProbability = await probabilityOf(model, prompt, words, score);
      probed[i] = { prompt, group, continuations, found, nextProbability };
      onProgress?.(++done);
    }
  };
  await Promise.all(Array.from({ length: pool.size }, work));
  return probed;
}

/** A word that begins with others of the list counts once: what follows a word is not asked. */
async function probabilityOf(
  model: LanguageModel,
  prompt: string,
  words: readonly string[],
  score: RequestScorer,
): Promise<number> {
  const space = /\s$/.test(prompt) ? "" : " ";
  const requests = shortest(words).flatMap((word): Request[] => {
    const request = requestOf(model, prompt, `${space}${word}`);
    return request === undefined ? [] : [request];
  });
  const likelihoods = await score(requests);
  return likelihoods.reduce((total, { sum }) => total + Math.exp(sum), 0);
}

const shortest = (words: readonly string[]): readonly string[] =>
  words.filter((word) => !words.some((other) => other !== word && word.startsWith(other)));

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}'-]+/gu) ?? [];

/** Listed words and phrases that a text has as whole words, in any case. */
export function listedIn(text: string, words: readonly string[]): readonly string[] {
  const whole = ` ${wordsOf(text).join(" ")} `;
  return words.filter((word) => whole.includes(` ${wordsOf(word).join(" ")} `));
}

/** Of all prompts, and of each group if there are some. */
export function summarizeWords(probed: readonly WordsOfPrompt[]): WordsGroup[] {
  const names = [...new Set(probed.map(({ group }) => group))];
  const groups = names.length > 1 ? names : [];
  const ofGroup = (name: string | undefined) => probed.filter(({ group }) => group === name);
  return [summaryOf(undefined, probed), ...groups.map((name) => summaryOf(name ?? "other", ofGroup(name)))];
}

function summaryOf(group: string | undefined, probed: readonly WordsOfPrompt[]): WordsGroup {
  const shares = probed.map(({ found }) => found.filter((words) => words.length > 0).length / found.length);
  return {
    ...{ group, prompts: probed.length },
    continuations: probed.reduce((sum, { continuations }) => sum + continuations.length, 0),
    share: sampleMeanOf(shares),
    any: sampleMeanOf(shares.map((share) => Number(share > 0))),
    nextProbability: sampleMeanOf(probed.map(({ nextProbability }) => nextProbability)),
  };
}
