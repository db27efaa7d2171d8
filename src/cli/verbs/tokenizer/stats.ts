/** `gpt tokenizer stats`. */
import { type DataSource, readTexts } from "../../../data/index.ts";
import { GptError } from "../../../errors.ts";
import { openTokenizer } from "../../../library/open-tokenizer.ts";
import type { Tokenizer } from "../../../tokenizer/index.ts";
import { TokenCounts, type TokenStatistics } from "../../../tokenizer/statistics.ts";
import { bytes, pairs, thousands } from "../../terminal/format.ts";
import { Output } from "../../terminal/output.ts";
import { visible } from "../../terminal/pieces.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { table } from "../../terminal/table.ts";
import type { TokenizerArguments } from "./flags.ts";

export async function showStatistics(
  sources: readonly DataSource[],
  args: TokenizerArguments,
  signal: AbortSignal,
): Promise<void> {
  const tokenizer = await openTokenizer(args.model);
  using spinner = startSpinner("counting tokens", args.quiet);
  const counts = new TokenCounts(tokenizer);
  for await (const text of readTexts(sources)) {
    signal.throwIfAborted();
    counts.add(text);
  }
  spinner.stop();

  const statistics = counts.statistics();
  if (statistics.tokens === 0) {
    throw new GptError(
      "invalid-file",
      `${sources.map(({ name }) => name).join(", ")}: there is no text to count`,
    );
  }
  const output = new Output();
  if (args.json)
    await output.writeJson({ ...statistics, bytesPerToken: statistics.bytes / statistics.tokens });
  else await output.write(report(statistics, tokenizer));
}

function report(statistics: TokenStatistics, tokenizer: Tokenizer): string {
  const { texts, changedTexts, tokens, usedTokens, vocabSize, tokensByBytes, frequent } = statistics;
  const share = (count: number, all: number) => `${((100 * count) / all).toFixed(1)}%`;
  const facts = pairs([
    ["text", bytes(statistics.bytes)],
    ["tokens", `${thousands(tokens)}, ${(statistics.bytes / tokens).toFixed(3)} bytes each`],
    [
      "vocabulary",
      `${thousands(usedTokens)} of ${thousands(vocabSize)} tokens occur, ${share(usedTokens, vocabSize)}`,
    ],
    [
      "comes back",
      changedTexts === 0 ? "unchanged" : `changed in ${thousands(changedTexts)} of ${thousands(texts)}`,
    ],
  ]);
  const sizes = tokensByBytes.map((count, index) => [
    `${index + 1}${index + 1 === tokensByBytes.length ? "+" : ""}`,
    thousands(count),
    share(count, tokens),
  ]);
  const common = frequent.map(({ id, count }) => [
    visible(tokenizer.bytes(id)),
    String(id),
    thousands(count),
    share(count, tokens),
  ]);
  return [
    facts,
    table([["bytes", "tokens", "share"], ...sizes]),
    table([["token", "id", "count", "share"], ...common]),
  ].join("\n");
}
