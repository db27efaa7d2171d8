/** A sample as a record, which --json and batches write. */
import { textOf } from "../../files/utf8.ts";
import type { TokenLogprob, TokenLogprobs } from "../../generate/options/options.ts";
import type { TextModel } from "../text-model.ts";
import type { Sample } from "./sample.ts";

/** A model with the facts that a record tells of it. */
export interface NamedModel {
  readonly model: TextModel;
  readonly name: string;
  /** Milliseconds that loading took. */
  readonly loadMs: number;
}

export function sampleRecord(sample: Sample, { model, name, loadMs }: NamedModel) {
  const { text, ids, promptIds, finishReason, stopText, seed, droppedTokens, score } = sample;
  const { logprobs, promptLogprobs, end } = sample;
  return {
    text: model.hasTokenizer ? text : null,
    ids,
    promptIds,
    finishReason,
    ...(stopText !== undefined && { stopText }),
    seed,
    droppedTokens,
    ...(score !== undefined && { score }),
    ...(logprobs && { logprobs: tokenRecords(ids, logprobs, model) }),
    ...(promptLogprobs && { promptLogprobs: tokenRecords(promptIds, promptLogprobs, model) }),
    ...(end && { end }),
    simd: model.simd,
    model: name,
    timings: { loadMs: microseconds(loadMs), ...timings(sample) },
  };
}

const timings = ({ ids, promptTokens, reusedTokens, promptMs, generatedMs, ...sample }: Sample) => ({
  promptTokens,
  reusedTokens,
  promptMs: microseconds(promptMs),
  generatedTokens: ids.length,
  generatedMs: microseconds(generatedMs),
  ...(sample.draftedTokens !== undefined && {
    draftedTokens: sample.draftedTokens,
    acceptedTokens: sample.acceptedTokens,
  }),
});

/** null for the first token, which no token precedes. */
const tokenRecords = (
  ids: readonly number[],
  logprobs: readonly (TokenLogprobs | null)[],
  model: TextModel,
) =>
  ids.map((id, i) => {
    const token = logprobs[i];
    if (token === undefined || token === null) return null;
    const topLogprobs = token.top.map((likely) => tokenRecord(likely, model));
    return { ...tokenRecord({ id, logprob: token.logprob }, model), topLogprobs };
  });

/** A token with its bytes, and its text if they are whole characters. */
function tokenRecord({ id, logprob }: TokenLogprob, model: TextModel) {
  // A model's vocabulary may be padded beyond the tokenizer's.
  const known = model.hasTokenizer && id < model.tokenizer.vocabSize;
  const bytes = known ? model.tokenizer.bytes(id) : undefined;
  return { id, token: (bytes && textOf(bytes)) ?? null, logprob, bytes: bytes ? [...bytes] : null };
}

/** Milliseconds, rounded to a microsecond. */
const microseconds = (time: number): number => Number(time.toFixed(3));
