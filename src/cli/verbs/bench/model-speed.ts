/** `gpt bench`: tokens per second, for reading a prompt (pp) and for generating (tg). No tokenizer or sampler runs. */
import { deviation, mean } from "../../../bench/statistics.ts";
import { openCheckpoint } from "../../../checkpoint/open.ts";
import { chooseThreads, Model } from "../../../engine/model.ts";
import type { Session } from "../../../engine/session.ts";
import { GptError } from "../../../errors.ts";
import { describeModel } from "../../../families/index.ts";
import { findModel } from "../../../hub/find-model.ts";
import { countParameters } from "../../../model/parameters.ts";
import { engineOptions } from "../../flags/model-flags.ts";
import { loadingText, tellingProgress } from "../../load.ts";
import { modelName } from "../../model-name.ts";
import { approximately, bytes, thousands } from "../../terminal/format.ts";
import { type Spinner, startSpinner } from "../../terminal/spinner.ts";
import type { BenchArguments } from "./flags.ts";
import type { BenchReport } from "./formats.ts";

const PROMPT_TOKENS = 512;
const GENERATED_TOKENS = 128;
const REPETITIONS = 5;

/** @throws GptError as `Model.load`, and `usage` for more tokens than the context holds; the signal's reason */
export async function measureModel(args: BenchArguments, signal: AbortSignal): Promise<BenchReport> {
  const path = findModel(args.model);
  const threads = args.threads ?? [chooseThreads(undefined)];
  using spinner = startSpinner(loadingText(path), args.quiet);
  const checkpoint = await openCheckpoint(path);
  const description = await describeModel(checkpoint);
  const engine = { ...engineOptions({ ...args, threads: Math.max(...threads) }), signal };
  await using model = await Model.load(checkpoint, description, {
    ...engine,
    ...tellingProgress(path, spinner),
  });
  const facts = {
    model: modelName(path),
    sizeBytes: model.weights.reduce((sum, { bytes }) => sum + bytes, 0),
    parameters: countParameters(model.config).total,
    weights: model.weights[0]?.dtype ?? "",
    kvCache: model.kvShape.dtype ?? "f32",
    simd: model.simd,
  };
  return report(
    facts,
    await measure(model, testsFor(args, model.contextSize), threads, args, spinner, signal),
  );
}

interface Test {
  /** As llama-bench calls it: pp512, tg128. */
  readonly name: string;
  readonly nPrompt: number;
  readonly nGen: number;
}

/** @throws GptError `usage` for more tokens than the context holds, and for none */
function testsFor({ nPrompt, nGen }: BenchArguments, contextSize: number): Test[] {
  const fitting = (flag: string, asked: readonly number[] | undefined, usual: number) => {
    const counts = asked ?? [Math.min(usual, contextSize)];
    const tooMany = counts.find((count) => count > contextSize);
    if (tooMany === undefined) return counts.filter((count) => count > 0);
    const bound = `expected at most the context (-c), ${thousands(contextSize)} tokens`;
    throw new GptError("usage", `--${flag}: ${bound}, found ${tooMany}`);
  };
  const prompts = fitting("n-prompt", nPrompt, PROMPT_TOKENS);
  const texts = fitting("n-gen", nGen, GENERATED_TOKENS);
  if (prompts.length + texts.length === 0) {
    throw new GptError("usage", "-p 0 and -n 0 leave nothing to measure: leave one of them out");
  }
  return [
    ...prompts.map((tokens) => ({ name: `pp${tokens}`, nPrompt: tokens, nGen: 0 })),
    ...texts.map((tokens) => ({ name: `tg${tokens}`, nPrompt: 0, nGen: tokens })),
  ];
}

interface Result extends Test {
  readonly threads: number;
  /** Tokens a second of each run. */
  readonly runs: number[];
}

/** Measures all tests on all numbers of threads in turn, so that what else the machine does meets each of them. */
async function measure(
  model: Model,
  tests: readonly Test[],
  threads: readonly number[],
  { repetitions = REPETITIONS, noWarmup = false }: BenchArguments,
  spinner: Spinner,
  signal: AbortSignal,
): Promise<readonly Result[]> {
  const pools = threads.map((count) => ({ count, session: model.withThreads(count).createSession() }));
  const subjects = tests.flatMap((test) =>
    pools.map(({ count, session }) => ({
      session,
      result: { ...test, threads: count, runs: [] as number[] },
    })),
  );
  for (let run = noWarmup ? 1 : 0; run <= repetitions; run++) {
    for (const { session, result } of subjects) {
      const which = run === 0 ? "warming up" : `run ${run} of ${repetitions}`;
      spinner.say(`${result.name} on ${result.threads} threads: ${which}`);
      const rate = await tokensPerSecond(session, result, signal);
      if (run > 0) result.runs.push(rate);
    }
  }
  return subjects.map(({ result }) => result);
}

async function tokensPerSecond(
  session: Session,
  { nPrompt, nGen }: Test,
  signal: AbortSignal,
): Promise<number> {
  const { vocabSize } = session.config;
  const ids = Array.from({ length: nPrompt + nGen }, (_, index) => (7919 * index) % vocabSize);
  session.truncate(0);
  const start = performance.now();
  if (nPrompt > 0) await session.append(ids.slice(0, nPrompt), { signal });
  for (const id of ids.slice(nPrompt)) await session.append([id], { signal });
  return (1000 * ids.length) / (performance.now() - start);
}

interface ModelFacts {
  readonly model: string;
  /** Of the weights in memory, which a generated token reads once. */
  readonly sizeBytes: number;
  readonly parameters: number;
  /** The type of most of their bytes. */
  readonly weights: string;
  /** How keys and values are kept. */
  readonly kvCache: string;
  readonly simd: string;
}

function report(facts: ModelFacts, results: readonly Result[]): BenchReport {
  const rows = results.map(({ name, threads, nPrompt, nGen, runs }) => {
    const rates = { tokensPerSecond: mean(runs), deviation: deviation(runs) };
    return { test: name, threads, nPrompt, nGen, ...rates, runs };
  });
  const rate = (value: number) => thousands(Number(value.toPrecision(3)));
  const { model, sizeBytes, parameters, weights, kvCache, simd } = facts;
  return {
    facts: { ...facts, results: rows },
    records: rows.map(({ runs: _, ...row }) => ({ ...facts, ...row })),
    cells: [
      ["model", "size", "params", "weights", "cache", "build", "threads", "test", "t/s"],
      ...rows.map(({ test, threads, tokensPerSecond, deviation }) => [
        model,
        bytes(sizeBytes),
        approximately(parameters),
        weights,
        kvCache,
        simd,
        String(threads),
        test,
        `${rate(tokensPerSecond)} ± ${rate(deviation)}`,
      ]),
    ],
    left: [0, 3, 4, 5, 7],
  };
}
