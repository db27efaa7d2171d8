/** `gpt generate`: continues a text. */
import { GptError } from "../../errors.ts";
import { findModel } from "../../model-path.ts";
import { flagGroup, text, toggle, value } from "../arguments/flags.ts";
import { parseIds } from "../arguments/ids.ts";
import { engineFlags, engineOptions, modelFlag } from "../arguments/model-flags.ts";
import { generateOptions, samplingFlags } from "../arguments/sampling-flags.ts";
import { type Arguments, defineCommand } from "../command.ts";
import { type Prompt, sampleLine, sampleRecord, takeSample } from "../generate/sample.ts";
import { load } from "../load.ts";
import { modelName } from "../model-name.ts";
import { readInput } from "../terminal/input.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { Output } from "../terminal/output.ts";
import { startSpinner } from "../terminal/spinner.ts";

const flags = {
  ...flagGroup("Prompt:", {
    prompt: value(text, "The text to continue [standard input, less a line feed at its end]", { alias: "p" }),
    ids: value(parseIds, "Token ids to continue instead of a text: 1,2,3"),
  }),
  ...modelFlag,
  ...engineFlags,
  ...samplingFlags,
  ...flagGroup("Output:", {
    echo: toggle("Write the prompt first"),
    "no-stream": toggle("Write the text when it is complete, not token by token"),
    json: toggle("One line of JSON: text, ids, why it ended, seed, timings"),
    quiet: toggle("No spinner", { alias: "q" }),
    verbose: toggle("Rates, seed and why it ended, on standard error", { alias: "v" }),
  }),
};

export const command = defineCommand({
  examples: [
    'gpt generate "Once upon a time"',
    'gpt generate "Once upon a time" -n 200 --temp 0.7 --seed 1 -v',
    'echo "Once upon a time" | gpt generate --json',
    "gpt generate -m path/to/model.gguf --ids 1,403,407 --temp 0",
  ],
  flags,
  handler: (args) => interruptible((signal) => run(args, signal)),
});

async function run(args: Arguments<typeof flags>, signal: AbortSignal): Promise<void> {
  const options = { ...generateOptions(args), signal };
  const engine = { ...engineOptions(args), signal };
  const path = findModel(args.model);
  const prompt = await readPrompt(args, signal);

  const name = modelName(path);
  using spinner = await startSpinner(`loading ${name}`, args.quiet);
  const start = performance.now();
  await using model = await load(path, engine, spinner);
  const loadMs = performance.now() - start;

  const output = new Output();
  const streams = !args.json && !args.noStream;
  spinner.say("reading the prompt");
  const sample = await takeSample(model, prompt, options, args.echo ?? false, async (text) => {
    spinner.stop();
    if (streams) await output.write(text);
  });
  spinner.stop();
  if (args.json) {
    await output.writeJson(sampleRecord(sample, model, { name, loadMs }));
  } else {
    if (!streams) await output.write(sample.text);
    await output.endLine();
  }
  if (args.verbose) process.stderr.write(`${sampleLine(sample)}\n`);
}

async function readPrompt(args: Arguments<typeof flags>, signal: AbortSignal): Promise<Prompt> {
  if (args.ids === undefined) return readInput(args.prompt, 'gpt generate "Once upon a time"', signal);
  if (args.prompt === undefined) return args.ids;
  throw new GptError("usage", "give a text or --ids, not both");
}
