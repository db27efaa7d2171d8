/** `gpt choose`: how likely each of some texts is after a prompt. Nothing is drawn. */
import { openSessionPool } from "../../../engine/session-pool.ts";
import { GptError } from "../../../errors.ts";
import { type Request, requestOf } from "../../../evaluate/harness/requests.ts";
import { openRequestScorer } from "../../../evaluate/harness/score-requests.ts";
import { shares } from "../../../evaluate/harness/shares.ts";
import { findModel } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import type { LanguageModel } from "../../../library/language-model.ts";
import { someFailedStatus } from "../../exit-codes.ts";
import { engineOptions } from "../../flags/model-flags.ts";
import { load, loadingText } from "../../load.ts";
import { readInput } from "../../terminal/input.ts";
import { Output, printable } from "../../terminal/output.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { table } from "../../terminal/table.ts";
import type { ChooseArguments } from "./flags.ts";

const EXAMPLE = 'gpt choose "The sun is" --choices hot,cold';

/** A choice, as --json shows it. */
interface Rated {
  readonly text: string;
  /** Of this choice, if it is one of them. */
  readonly probability: number;
  readonly logprob: number;
  readonly tokens: number;
}

/** @throws GptError `usage` for fewer than two choices, and for one without a token; as `loadModel` */
export async function choose(args: ChooseArguments, signal: AbortSignal): Promise<void> {
  const { choices = [], quiet = false } = args;
  if (new Set(choices).size < Math.max(2, choices.length)) {
    throw new GptError("usage", `expected two different texts or more: try ${EXAMPLE}`);
  }
  const path = findModel(args.model);
  const prompt = await readInput(args.prompt, EXAMPLE, args, signal);
  using spinner = startSpinner(loadingText(path), quiet, args.color);
  await using model = await load(path, { ...engineOptions(args), signal }, spinner);
  const rated = await rate(model, prompt, choices, signal);
  spinner.stop();
  const [first = rated[0] as Rated] = rated;
  const best = rated.reduce((best, one) => (one.probability > best.probability ? one : best), first);
  if (args.exitCode && best !== first) process.exitCode = someFailedStatus;
  const output = new Output();
  if (args.json)
    await output.writeJson({ prompt, choice: best.text, choices: rated, model: modelName(path) });
  else if (!quiet) await output.write(tableOf(rated));
}

async function rate(
  model: LanguageModel,
  prompt: string,
  choices: readonly string[],
  signal: AbortSignal,
): Promise<readonly Rated[]> {
  const separator = prompt === "" || /\s$/.test(prompt) ? "" : " ";
  const requests = choices.map((text): Request => {
    const request = requestOf(model, prompt, /^\s/.test(text) ? text : separator + text);
    const whole = request && request.ids.length >= request.context + request.continuation;
    if (request !== undefined && whole) return request;
    throw new GptError(
      "usage",
      `the choice ${printable(text)} has no token of its own, or does not fit the context`,
    );
  });
  const found = await openRequestScorer(openSessionPool(model, 1), signal)(requests);
  const probabilities = shares(found.map(({ sum }) => sum));
  return found.map(({ sum }, i) => ({
    text: choices[i] as string,
    probability: probabilities[i] as number,
    logprob: sum,
    tokens: requests[i]?.scored ?? 0,
  }));
}

/** The likeliest first. */
function tableOf(rated: readonly Rated[]): string {
  const rows = rated
    .toSorted((a, b) => b.probability - a.probability)
    .map(({ text, probability, logprob, tokens }) => [
      printable(text),
      probability.toFixed(4),
      logprob.toFixed(4),
      String(tokens),
    ]);
  return table([["choice", "probability", "log-likelihood", "tokens"], ...rows]);
}
