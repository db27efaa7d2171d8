/**
 * Speed of a model in tokens a second: reading prompts (pp) and generating (tg). No tokenizer or sampler
 * runs.
 */

import { FLOATS, kvTypesName } from "../compute/memory/kv-types.ts";
import { Runtime } from "../compute/runtime.ts";
import type { Model } from "../engine/model.ts";
import type { Session } from "../engine/session.ts";
import { GptError } from "../errors.ts";
import { countParameters } from "../model/parameters.ts";
import { deviation, mean } from "./statistics.ts";

const PROMPT_TOKENS = 512;
const GENERATED_TOKENS = 128;
const REPETITIONS = 5;

/** Tokens of one measurement. */
interface SpeedTest {
  /** As llama-bench calls it: pp512, tg128, tg128 @ d4096. */
  readonly test: string;
  readonly nPrompt: number;
  readonly nGen: number;
  /** Tokens before these, which are not timed. */
  readonly nDepth: number;
}

export interface SpeedResult extends SpeedTest {
  readonly threads: number;
  readonly tokensPerSecond: number;
  readonly deviation: number;
  /** Tokens a second of each run. */
  readonly runs: readonly number[];
}

export interface SpeedOptions {
  /** Tokens of prompts; 0 for none. Default: 512, or the context. */
  readonly nPrompt?: readonly number[] | undefined;
  /** Tokens to generate; 0 for none. Default: 128, or the context. */
  readonly nGen?: readonly number[] | undefined;
  /** Tokens that the session holds before. Default: 0. */
  readonly nDepth?: readonly number[] | undefined;
  /** Numbers of threads. */
  readonly threads: readonly number[];
  /** Runs that count. Default 5. */
  readonly repetitions?: number | undefined;
  /** Whether the first run counts too, while V8 still compiles. */
  readonly noWarmup?: boolean | undefined;
  readonly signal: AbortSignal;
  /** Called before each run. */
  onRun(description: string): void;
}

/** Facts of the measured model: its weights in memory and how they run. */
export const measuredModel = (model: Model) => ({
  /** Bytes of the weights in memory. A generated token reads them once. */
  sizeBytes: model.weights.reduce((sum, { bytes }) => sum + bytes, 0),
  parameters: countParameters(model.config).total,
  /** The type of most of their bytes. */
  weights: model.weights[0]?.dtype ?? "",
  kvCache: kvTypesName(model.kvShape.types ?? FLOATS),
  simd: model.simd,
  products: Runtime.get(model.simd).products,
});

/**
 * Measures all tests on all numbers of threads in turn: other work on the machine slows each of them alike.
 *
 * @throws GptError `usage` for more tokens than the context holds, and for none; the signal's reason
 */
export async function measureSpeed(model: Model, options: SpeedOptions): Promise<readonly SpeedResult[]> {
  const { threads, repetitions = REPETITIONS, noWarmup = false, signal, onRun } = options;
  const tests = testsFor(options, model.contextSize);
  const pools = threads.map((count) => ({ count, session: model.withThreads(count).createSession() }));
  const subjects = tests.flatMap((test) =>
    pools.map(({ count, session }) => ({ test, threads: count, session, runs: [] as number[] })),
  );
  for (let run = noWarmup ? 1 : 0; run <= repetitions; run++) {
    for (const { test, threads, session, runs } of subjects) {
      const which = run === 0 ? "warming up" : `run ${run} of ${repetitions}`;
      onRun(`${test.test} on ${threads} threads: ${which}`);
      const rate = await tokensPerSecond(session, test, signal);
      if (run > 0) runs.push(rate);
    }
  }
  return subjects.map(({ test, threads, runs }) => ({
    ...test,
    threads,
    tokensPerSecond: mean(runs),
    deviation: deviation(runs),
    runs,
  }));
}

function testsFor({ nPrompt, nGen, nDepth = [0] }: SpeedOptions, contextSize: number): SpeedTest[] {
  const fitting = (flag: string, asked: readonly number[] | undefined, usual: number, least = 1) => {
    const counts = asked ?? [Math.min(usual, contextSize)];
    const tooMany = counts.find((count) => count > contextSize);
    if (tooMany === undefined) return counts.filter((count) => count >= least);
    throw beyond(flag, contextSize, tooMany);
  };
  const prompts = fitting("n-prompt", nPrompt, PROMPT_TOKENS);
  const texts = fitting("n-gen", nGen, GENERATED_TOKENS);
  if (prompts.length + texts.length === 0) {
    throw new GptError("usage", "-p 0 and -n 0 leave nothing to measure: leave one of them out");
  }
  return fitting("n-depth", nDepth, 0, 0).flatMap((depth) => {
    const test = (kind: "pp" | "tg", tokens: number): SpeedTest => {
      if (depth + tokens > contextSize)
        throw beyond("n-depth", contextSize, depth, ` with ${kind}${tokens} behind`);
      const name = depth === 0 ? "" : ` @ d${depth}`;
      return {
        test: `${kind}${tokens}${name}`,
        nPrompt: kind === "pp" ? tokens : 0,
        nGen: kind === "tg" ? tokens : 0,
        nDepth: depth,
      };
    };
    return [...prompts.map((tokens) => test("pp", tokens)), ...texts.map((tokens) => test("tg", tokens))];
  });
}

function beyond(flag: string, contextSize: number, found: number, behind = ""): GptError {
  const bound = `expected at most the context (-c), ${contextSize.toLocaleString("en-US")} tokens`;
  return new GptError("usage", `--${flag}: ${bound}, found ${found}${behind}`);
}

async function tokensPerSecond(
  session: Session,
  { nPrompt, nGen, nDepth }: SpeedTest,
  signal: AbortSignal,
): Promise<number> {
  const { vocabSize } = session.config;
  const all = Array.from({ length: nDepth + nPrompt + nGen }, (_, index) => (7919 * index) % vocabSize);
  const ids = all.slice(nDepth);
  session.truncate(0);
  if (nDepth > 0) await session.append(all.slice(0, nDepth), { signal });
  const start = performance.now();
  if (nPrompt > 0) await session.append(ids.slice(0, nPrompt), { signal });
  for (const id of ids.slice(nPrompt)) await session.append([id], { signal });
  return (1000 * ids.length) / (performance.now() - start);
}
