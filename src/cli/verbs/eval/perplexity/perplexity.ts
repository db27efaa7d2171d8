/** `gpt eval perplexity`. */
import { GptError } from "../../../../errors.ts";
import { documentsOf } from "../../../../evaluate/perplexity/documents.ts";
import { measurePerplexity, type Plan, planPerplexity } from "../../../../evaluate/perplexity/measure.ts";
import type { Protocol } from "../../../../evaluate/perplexity/protocol.ts";
import type { Models, TokenScores } from "../../../../evaluate/perplexity/token-scores.ts";
import { detokenized, pagesOf } from "../../../../evaluate/perplexity/wikitext.ts";
import { readText } from "../../../../files/file.ts";
import { decodeText } from "../../../../files/utf8.ts";
import { findModel } from "../../../../hub/find-model.ts";
import { modelName } from "../../../../hub/model-name.ts";
import { blockOf, type Shard, shardName } from "../../../../shards/shard.ts";
import { engineOptions } from "../../../flags/model-flags.ts";
import { load, loadingText } from "../../../load.ts";
import { commandManifest } from "../../../manifest.ts";
import { collect } from "../../../terminal/input.ts";
import { Output } from "../../../terminal/output.ts";
import { startProgress } from "../../../terminal/progress.ts";
import { startSpinner } from "../../../terminal/spinner.ts";
import type { EvalArguments } from "../flags.ts";
import { changeTable, perplexityTable } from "./report.ts";
import { openScoreFile } from "./score-file.ts";

/** @throws GptError as `loadModel`, `planPerplexity` and `measurePerplexity`; the signal's reason */
export async function perplexity(args: EvalArguments, signal: AbortSignal): Promise<void> {
  const texts = await textsOf(args);
  const paths = modelPaths(args);
  const models = await loadAll(args, paths, signal);
  await using model = models[0];
  await using other = models[1];
  const plan = planPerplexity(
    model,
    texts,
    protocolOf(args),
    args.chunks,
    args.wikitext ? detokenized : undefined,
  );
  const names = paths.map(({ name }) => name);
  const { shard, quant, kvCache, adapter } = args;
  const settings = { quant, kvCache, adapter };
  const part = ownPart(plan, shard);
  const run = { models: names, ...factsOf(plan) };
  await using file = await openScoreFile(args.output, run, texts, shard, settings);
  const result = await measureAloud([model, other], part, args, signal, file);
  if (shard !== undefined) {
    await file.end(result);
    return args.quiet ? undefined : void process.stderr.write(`${advice(shard)}\n`);
  }
  const loaded = [model, other].flatMap((one, i) => (one && [[one, paths[i]?.path ?? ""] as const]) ?? []);
  const inputs = (args.names ?? []).filter((name) => name !== "-");
  const manifest = await commandManifest(loaded, inputs);
  await file.end({ ...result, manifest });
  const output = new Output();
  if (args.json) return await output.writeJson({ model: names[0], compared: names[1], ...result, manifest });
  await output.write(perplexityTable(result, names[0] ?? ""));
  if (result.change !== undefined) await output.write(changeTable(result.change, names[1] ?? ""));
}

/** The windows of a shard. */
function ownPart(plan: Plan, shard: Shard | undefined): Plan {
  if (shard === undefined) return plan;
  const { first, count } = blockOf(shard, plan.windows.length);
  if (count > 0) return { ...plan, windows: plan.windows.slice(first, first + count) };
  const total = plan.windows.length;
  throw new GptError("usage", `--shard ${shardName(shard)}: there are ${total} windows: take fewer shards`);
}

/** How the windows of shards become a result. */
const advice = (shard: Shard): string =>
  `scored shard ${shardName(shard)}: gpt gather PART... -o SCORES, then this command with -o SCORES and without --shard`;

const factsOf = ({ protocol, windows }: Plan) => ({ protocol, windows: windows.length });

async function measureAloud(
  models: Models,
  plan: Plan,
  { quiet = false }: EvalArguments,
  signal: AbortSignal,
  file: { readonly known: readonly TokenScores[]; add(scores: TokenScores): Promise<void> },
) {
  const total = plan.windows.reduce((sum, { scored }) => sum + scored, 0);
  using progress = startProgress(total, "tokens", quiet);
  let [done, loss] = [0, 0];
  const count = ({ losses }: TokenScores) => {
    for (const value of losses) loss += value;
    done += losses.length;
    progress.advance(done, `perplexity ${Math.exp(loss / done).toPrecision(5)}`);
  };
  for (const scores of file.known) count(scores);
  return await measurePerplexity(models, plan, {
    known: file.known,
    signal,
    async onWindow(scores) {
      count(scores);
      await file.add(scores);
    },
  });
}

/** The whole text of a file, or of standard input for "-". */
const textOf = async (name: string): Promise<string> =>
  name === "-"
    ? decodeText(await collect(process.stdin, "standard input"), "standard input")
    : readText(name);

async function textsOf({ names = [], documents, wikitext }: EvalArguments): Promise<string[]> {
  if (names.length === 0) {
    throw new GptError("usage", "no text is given: try gpt eval perplexity book.txt -m path/to/model");
  }
  const texts = await Promise.all(names.map(textOf));
  if (wikitext) return texts.flatMap(pagesOf);
  return documents ? texts.flatMap(documentsOf) : texts;
}

const protocolOf = ({ windows, wikitext, ctxSize: size, stride }: EvalArguments): Protocol => ({
  name: windows ?? (wikitext ? "rolling" : "half"),
  size,
  stride,
});

interface ModelToLoad {
  readonly path: string;
  readonly name: string;
  readonly quantization: EvalArguments["quant"];
}

/** The model, and what it is compared with: another one, or its quantized form. */
function modelPaths({ model, compare, quant }: EvalArguments): ModelToLoad[] {
  const path = findModel(model?.[0]);
  const first = { path, name: modelName(path), quantization: undefined };
  if (quant !== undefined) return [first, { path, name: quant, quantization: quant }];
  if (compare === undefined) return [first];
  const second = findModel(compare);
  return [first, { path: second, name: modelName(second), quantization: undefined }];
}

async function loadAll(
  args: EvalArguments,
  [first, second]: readonly ModelToLoad[],
  signal: AbortSignal,
): Promise<Models> {
  if (first === undefined) throw new Error("no model");
  using spinner = startSpinner(loadingText(first.path), args.quiet, args.color);
  const contextSize = contextOf(args);
  const open = ({ path, quantization }: ModelToLoad) =>
    load(path, { ...engineOptions(args), contextSize, quantization, signal }, spinner);
  const model = await open(first);
  if (second === undefined) return [model];
  try {
    return [model, await open(second)];
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** llama-perplexity's sliding windows are half a stride longer than -c. */
function contextOf({ ctxSize, windows, stride = 0 }: EvalArguments): number | undefined {
  if (ctxSize === undefined || windows !== "sliding") return ctxSize;
  return ctxSize + Math.floor(stride / 2);
}
