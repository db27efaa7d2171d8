/** `gpt bench`: tokens per second, for reading a prompt (pp) and for generating (tg). No tokenizer or sampler runs. */
import { GptError } from "../../errors.ts";
import type { Session } from "../../language-model.ts";
import { findModel } from "../../model-path.ts";
import { flagGroup, integer, toggle, value } from "../arguments/flags.ts";
import { engineFlags, engineOptions, modelFlag } from "../arguments/model-flags.ts";
import { type Arguments, defineCommand } from "../command.ts";
import { load, loadingText } from "../load.ts";
import { modelName } from "../model-name.ts";
import { counted, thousands } from "../terminal/format.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { Output } from "../terminal/output.ts";
import { startSpinner } from "../terminal/spinner.ts";
import { table } from "../terminal/table.ts";
import { visibleText } from "../tokens/pieces.ts";

const PROMPT_TOKENS = 512;
const GENERATED_TOKENS = 128;
const REPETITIONS = 5;

const flags = {
  ...modelFlag,
  ...engineFlags,
  ...flagGroup("Measurement:", {
    "n-prompt": value(integer(0), `Tokens of the prompt; 0: leave out [${PROMPT_TOKENS}, or the context]`, {
      alias: "p",
    }),
    "n-gen": value(integer(0), `Tokens to generate; 0: leave out [${GENERATED_TOKENS}, or the context]`, {
      alias: "n",
    }),
    repetitions: value(integer(1), `Runs after the first, which does not count [${REPETITIONS}]`, {
      alias: "r",
    }),
  }),
  ...flagGroup("Output:", {
    json: toggle("One line of JSON"),
    quiet: toggle("No spinner", { alias: "q" }),
  }),
};

export const command = defineCommand({
  examples: [
    "gpt bench",
    "gpt bench -m path/to/model.gguf -t 4 -p 256 -n 64",
    "gpt bench --simd plain --json",
  ],
  flags,
  handler: (args) => interruptible((signal) => run(args, signal)),
});

async function run(args: Arguments<typeof flags>, signal: AbortSignal): Promise<void> {
  const engine = { ...engineOptions(args), signal };
  const path = findModel(args.model);
  const name = modelName(path);
  using spinner = startSpinner(loadingText(path), args.quiet);
  await using model = await load(path, engine, spinner);

  const { simd, threads, contextSize, config } = model;
  const session = model.createSession();
  const results: Result[] = [];
  for (const test of testsFor(args, contextSize)) {
    spinner.say(`measuring ${test.name}`);
    const ids = Array.from({ length: test.tokens }, (_, index) => (7919 * index) % config.vocabSize);
    const seconds = await measure(args.repetitions ?? REPETITIONS, async () => {
      session.truncate(0);
      await test.feed(session, ids, signal);
    });
    results.push(summarize(test, seconds));
  }
  spinner.stop();

  const facts: Facts = { model: name, simd, threads, results };
  const output = new Output();
  if (args.json) await output.writeJson(facts);
  else await output.write(describe(facts));
}

interface Test {
  /** As llama-bench calls it: pp512, tg128. */
  readonly name: string;
  readonly tokens: number;
  readonly feed: (session: Session, ids: readonly number[], signal: AbortSignal) => Promise<void>;
}

/** @throws GptError `usage` for more tokens than the context holds */
function testsFor(args: Arguments<typeof flags>, contextSize: number): Test[] {
  const fitting = (flag: string, asked: number | undefined, usual: number) => {
    if (asked === undefined) return Math.min(usual, contextSize);
    if (asked <= contextSize) return asked;
    const bound = `expected at most the context (-c), ${thousands(contextSize)} tokens`;
    throw new GptError("usage", `--${flag}: ${bound}, found ${asked}`);
  };
  const prompt = fitting("n-prompt", args.nPrompt, PROMPT_TOKENS);
  const generated = fitting("n-gen", args.nGen, GENERATED_TOKENS);
  const tests: Test[] = [
    { name: `pp${prompt}`, tokens: prompt, feed: atOnce },
    { name: `tg${generated}`, tokens: generated, feed: oneByOne },
  ];
  return tests.filter(({ tokens }) => tokens > 0);
}

const atOnce: Test["feed"] = async (session, ids, signal) => {
  await session.append(ids, { signal });
};

const oneByOne: Test["feed"] = async (session, ids, signal) => {
  for (const id of ids) await session.append([id], { signal });
};

/** Seconds that each run took; one before them, which warms up, is not counted. */
async function measure(repetitions: number, once: () => Promise<void>): Promise<number[]> {
  await once();
  const seconds: number[] = [];
  for (let run = 0; run < repetitions; run++) {
    const start = performance.now();
    await once();
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}

interface Result {
  readonly test: string;
  readonly tokens: number;
  /** The mean of the runs. */
  readonly tokensPerSecond: number;
  /** Their sample standard deviation. */
  readonly deviation: number;
  readonly runs: readonly number[];
}

function summarize({ name, tokens }: Test, seconds: readonly number[]): Result {
  const runs = seconds.map((time) => tokens / time);
  const mean = runs.reduce((sum, rate) => sum + rate, 0) / runs.length;
  const squares = runs.reduce((sum, rate) => sum + (rate - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, runs.length - 1));
  return { test: name, tokens, tokensPerSecond: mean, deviation, runs };
}

interface Facts {
  readonly model: string;
  readonly simd: string;
  readonly threads: number;
  readonly results: readonly Result[];
}

function describe({ model, simd, threads, results }: Facts): string {
  const rate = (value: number) => thousands(Number(value.toPrecision(3)));
  const title = `${visibleText(model)}, ${simd} kernels, ${counted(threads, "thread")}`;
  const rows = results.map((result) => [
    result.test,
    rate(result.tokensPerSecond),
    `± ${rate(result.deviation)}`,
  ]);
  return `${title}\n\n${table([["test", "tokens/s"], ...rows])}`;
}
