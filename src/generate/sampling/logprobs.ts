/**
 * Log-probabilities: the log-softmax of a model's logits, in float64 and with the functions of exp.ts, so
 * that they are the same on every machine.
 */
import { checkValue, type Rule, wholeFrom } from "../../checks/rules.ts";
import type { TokenLogprob, TokenLogprobs } from "../options/options.ts";
import { candidatesOf, greatestOf, noNumber } from "./candidates.ts";
import { exp, log } from "./exp.ts";

/**
 * The log-probability of a token by these logits, and the `count` likeliest tokens.
 * @throws GptError `invalid-file` for logits that are no numbers
 */
export function tokenLogprobs(logits: Float32Array, id: number, count: number): TokenLogprobs {
  const logprob = logSoftmax(logits);
  return { logprob: logprob(id), top: likeliest(logits, count, logprob) };
}

/**
 * The `count` likeliest tokens by these logits, likeliest first, the lower id among equals.
 * @throws GptError `usage` for anything but logits and a count, `invalid-file` for logits that are no numbers
 */
export function topLogprobs(logits: Float32Array, count: number): TokenLogprob[] {
  checkValue("logits", logits, logitsRule);
  checkValue("count", count, wholeFrom(0));
  return likeliest(logits, count, logSoftmax(logits));
}

const logitsRule: Rule = { expected: "a Float32Array", holds: (value) => value instanceof Float32Array };

function likeliest(logits: Float32Array, count: number, logprob: (id: number) => number): TokenLogprob[] {
  if (count === 0) return [];
  const ids = [...candidatesOf(logits, count).ids];
  ids.sort((a, b) => (logits[b] as number) - (logits[a] as number) || a - b);
  return ids.map((id) => ({ id, logprob: logprob(id) }));
}

/**
 * The natural logarithm of the probability of each id.
 * @throws GptError `invalid-file` for logits that are no numbers
 */
export function logSoftmax(logits: Float32Array): (id: number) => number {
  const greatest = greatestOf(logits, 1)[0] as number;
  if (greatest === -Infinity) throw noNumber(0, greatest);
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += exp((logits[id] as number) - greatest);
  const logSum = log(sum);
  return (id) => (logits[id] as number) - greatest - logSum;
}
