/** `gpt tokenizer train`. */
import { type DataSource, readTexts } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import { NewDirectory } from "../../../files/new-directory.ts";
import { END_OF_TEXT, saveTokenizer, trainTokenizer } from "../../../tokenizer/trainer/index.ts";
import { bytes, thousands } from "../../terminal/format.ts";
import { Output } from "../../terminal/output.ts";
import { type Spinner, startSpinner } from "../../terminal/spinner.ts";
import type { TokenizerArguments } from "./flags.ts";

export async function train(
  sources: readonly DataSource[],
  args: TokenizerArguments,
  signal: AbortSignal,
): Promise<void> {
  const { output: directory, vocabSize, minFrequency, pattern, special = [], quiet } = args;
  if (directory === undefined) throw new GptError("usage", "where to? -o DIRECTORY says it");
  using place = await NewDirectory.open(directory);
  const start = performance.now();
  using spinner = startSpinner("counting words", quiet);
  const texts = new CountedTexts(sources, spinner);
  const specialTokens = [END_OF_TEXT, ...special];
  const options = { vocabSize, minFrequency, specialTokens, pattern, signal };
  const trained = await trainTokenizer(texts.read(), options);
  if (texts.bytes === 0) throw new GptError("invalid-file", `${texts.names}: there is no text to train on`);
  await saveTokenizer(trained, directory);
  place.keep();
  spinner.stop();

  const facts = {
    directory,
    tokens: trained.tokens.length,
    merges: trained.merges.length,
    bytes: texts.bytes,
    seconds: Number(((performance.now() - start) / 1000).toFixed(3)),
  };
  if (args.json) await new Output().writeJson(facts);
  else if (!quiet) process.stderr.write(summary(facts, vocabSize));
}

class CountedTexts {
  readonly #sources: readonly DataSource[];
  readonly #spinner: Spinner;
  /** The size of the texts that were read, in UTF-8. */
  bytes = 0;

  constructor(sources: readonly DataSource[], spinner: Spinner) {
    this.#sources = sources;
    this.#spinner = spinner;
  }

  get names(): string {
    return this.#sources.map(({ name }) => name).join(", ");
  }

  async *read(): AsyncGenerator<string, void, void> {
    for await (const text of readTexts(this.#sources)) {
      this.bytes += Buffer.byteLength(text);
      this.#spinner.say(`counting words: ${bytes(this.bytes)}`);
      yield text;
    }
    this.#spinner.say("merging pairs");
  }
}

interface Facts {
  readonly directory: string;
  readonly tokens: number;
  readonly bytes: number;
  readonly seconds: number;
}

function summary(facts: Facts, wanted: number | undefined): string {
  const rest =
    wanted !== undefined && facts.tokens < wanted ? `, as many as the text has of ${thousands(wanted)}` : "";
  const made = `${thousands(facts.tokens)} tokens${rest}`;
  return `${facts.directory}: ${made}; from ${bytes(facts.bytes)} in ${facts.seconds.toPrecision(2)} s\n`;
}
