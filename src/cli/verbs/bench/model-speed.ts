/** `gpt bench`: loads a model, measures it and reports tokens per second. */
import { measuredModel, measureSpeed, type SpeedResult } from "../../../bench/measure-model.ts";
import { openCheckpoint } from "../../../checkpoint/open.ts";
import { chooseThreads } from "../../../compute/choose-threads.ts";
import { Model } from "../../../engine/model.ts";
import { parseModel } from "../../../families/parse.ts";
import { findModel } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import { engineOptions } from "../../flags/model-flags.ts";
import { loadingText, tellingProgress } from "../../load.ts";
import { approximately, bytes, thousands } from "../../terminal/format.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import type { BenchArguments } from "./flags.ts";
import type { BenchReport } from "./formats.ts";

/** @throws GptError as `Model.load` and `measureSpeed`; the signal's reason */
export async function measureModel(args: BenchArguments, signal: AbortSignal): Promise<BenchReport> {
  const path = findModel(args.model);
  const threads = args.threads ?? [chooseThreads(undefined)];
  using spinner = startSpinner(loadingText(path), args.quiet);
  const checkpoint = await openCheckpoint(path);
  const description = await parseModel(checkpoint, "tokens");
  const engine = { ...engineOptions({ ...args, threads: Math.max(...threads) }), signal };
  await using model = await Model.load(checkpoint, description, {
    ...engine,
    ...tellingProgress(path, spinner),
  });
  const onRun = (description: string) => spinner.say(description);
  const { nPrompt, nGen, nDepth, repetitions, noWarmup } = args;
  const results = await measureSpeed(model, {
    nPrompt,
    nGen,
    nDepth,
    threads,
    repetitions,
    noWarmup,
    signal,
    onRun,
  });
  return report({ model: modelName(path), ...measuredModel(model) }, results);
}

type Facts = { readonly model: string } & ReturnType<typeof measuredModel>;

function report(facts: Facts, results: readonly SpeedResult[]): BenchReport {
  const rate = (value: number) => thousands(Number(value.toPrecision(3)));
  const { model, sizeBytes, parameters, weights, kvCache, simd, products } = facts;
  return {
    facts: { ...facts, results },
    records: results.map(({ runs: _, ...result }) => ({ ...facts, ...result })),
    cells: [
      ["model", "size", "params", "weights", "cache", "build", "products", "threads", "test", "t/s"],
      ...results.map(({ test, threads, tokensPerSecond, deviation }) => [
        model,
        bytes(sizeBytes),
        approximately(parameters),
        weights,
        kvCache,
        simd,
        products,
        String(threads),
        test,
        `${rate(tokensPerSecond)} ± ${rate(deviation)}`,
      ]),
    ],
    left: [0, 3, 4, 5, 6, 8],
  };
}
