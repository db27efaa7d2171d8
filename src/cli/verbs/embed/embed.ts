/** `gpt embed`: from texts to vectors, and what is made of them. */

import { findModel } from "../../../hub/find-model.ts";
import type { Embedding, Encoder } from "../../../library/encoder.ts";
import { AnswerJournal } from "../../answer-journal.ts";
import { readerOptions } from "../../flags/model-flags.ts";
import { loadingText, loadToRead } from "../../load.ts";
import { type PartRecord, partRecord } from "../../part-record.ts";
import { openDestination } from "../../terminal/destination.ts";
import { counted } from "../../terminal/format.ts";
import { startProgress } from "../../terminal/progress.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { type GivenText, givenTexts } from "../../texts.ts";
import type { EmbedArguments } from "./flags.ts";
import { nearestLines, similarities, type Vector, vectors } from "./writers.ts";

const EXAMPLE = 'gpt embed -m path/to/model "A text"';

/** An embedding as JSON has it. */
type Stored = Omit<Embedding, "embedding"> & { readonly embedding: readonly number[] };

const stored = ({ embedding, ...counts }: Embedding): Stored => ({
  ...counts,
  embedding: Array.from(embedding),
});

/** Texts that are embedded together. */
const GROUP = 32;

/** @throws GptError as `loadEncoder` and `givenTexts`; the signal's reason when it is aborted */
export async function embed(args: EmbedArguments, signal: AbortSignal, warned: AbortSignal): Promise<void> {
  const { quiet, search, npy } = args;
  await using destination = await openDestination(args.output);
  const path = findModel(args.model);
  using spinner = startSpinner(loadingText(path), quiet, args.color);
  await using encoder = await loadToRead(path, { ...readerOptions(args), signal }, spinner);
  spinner.stop();

  const writer = search !== undefined ? nearestLines : args.similarity ? similarities : vectors;
  const source =
    search === undefined ? args : { ...args, lines: args.jsonl !== true && args.text === undefined };
  const promptName = args.promptName ?? (search === undefined ? undefined : documentPrompt(encoder));
  using progress = startProgress(undefined, "texts", quiet === true || process.stdout.isTTY);
  const kept = args.lines || args.jsonl ? (npy ?? destination.path) : undefined;
  await using journal = new AnswerJournal<Stored>(kept, { verb: "embed", flags: args, model: path });
  let part: PartRecord | undefined;
  const shared = { verb: "embed", kind: npy === undefined ? "lines" : "npy", flags: args } as const;
  const all = givenTexts(source, EXAMPLE, AbortSignal.any([signal, warned]), (input) => {
    part = partRecord(shared, input, npy ?? destination.path);
  });
  let [texts, truncated] = [0, 0];
  async function* answers(): AsyncGenerator<Vector, void, void> {
    for await (const group of groups(all)) {
      const read = group.map((given) => ({ id: given.id, text: given.read().text }));
      const found = await journal.answers(
        read.map(({ text }) => text),
        async (texts) => (await encoder.embed(texts, { promptName, signal })).map(stored),
      );
      truncated += found.filter((embedding) => embedding.truncated).length;
      texts += group.length;
      progress.advance(texts);
      yield* read.map((given, i) => {
        const { embedding, ...counts } = found[i] as Stored;
        return { ...given, ...counts, embedding: Float32Array.from(embedding) };
      });
    }
  }
  await writer(answers(), args, destination.output, () => queryVector(encoder, args, signal));
  await destination.keep();
  await part?.end();
  await journal.end();
  if (truncated > 0 && !quiet) {
    const problem = `of more than ${encoder.maxTokens} tokens: the end was not read`;
    process.stderr.write(`${counted(truncated, "text")} ${problem}\n`);
  }
}

/** The vector of the text of --search. Models with prompts have one for it. */
async function queryVector(
  encoder: Encoder,
  { search = "", promptName }: EmbedArguments,
  signal: AbortSignal,
): Promise<Float32Array> {
  const own = encoder.promptNames.find((name) => name === "query");
  const [found] = await encoder.embed([search], { promptName: promptName ?? own, signal });
  return (found as Embedding).embedding;
}

const documentPrompt = ({ promptNames }: Encoder): string | undefined =>
  promptNames.find((name) => name === "document" || name === "passage");

async function* groups(texts: AsyncIterable<GivenText>): AsyncGenerator<GivenText[], void, void> {
  let group: GivenText[] = [];
  for await (const text of texts) {
    group.push(text);
    if (group.length < GROUP) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
