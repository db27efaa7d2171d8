/**
 * `gpt plan`: what a model takes of a machine and how fast it will run there. It does not read the weights.
 */
import { openCheckpoint } from "../../../checkpoint/open.ts";
import { chooseThreads } from "../../../compute/choose-threads.ts";
import { chooseSimd } from "../../../compute/kernels/kernels.ts";
import { GptError } from "../../../errors.ts";
import { snakeCase } from "../../../files/snake-case.ts";
import { findModel } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import { type MachineFigures, readMachine } from "../../../plan/machine.ts";
import { measureMachine } from "../../../plan/measure-machine.ts";
import { expectation, kernelsOf, planModel } from "../../../plan/plan.ts";
import { defineCommand } from "../../command.ts";
import { openDestination } from "../../terminal/destination.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { Output } from "../../terminal/output.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { type PlanArguments, planConflicts, planFlags } from "./flags.ts";
import { planReport } from "./report.ts";

const PROMPT = 512;
const GENERATED = 128;
const SEQUENCES = [1, 8];

export const command = defineCommand({
  examples: [
    "gpt plan -m path/to/model.gguf",
    "gpt plan -m path/to/config.json --type q4_k_m -c 8192",
    "gpt plan -m path/to/model.gguf --save-machine this-machine.json",
    "gpt plan -m path/to/model.gguf --machine server.json --machines 4 --sequences 1,16",
  ],
  flags: planFlags,
  conflicts: planConflicts,
  handler: (args) =>
    interruptible(async (signal) => {
      const checkpoint = await openCheckpoint(findModel(args.model));
      const { ctxSize: contextSize, quant: quantization, type, kvCache, stages = 1 } = args;
      const model = await planModel(checkpoint, { contextSize, quantization, type, kvCache });
      const machine = await machineFor(args, kernelsOf(model), signal);
      const lengths = lengthsFor(args, model.contextSize);
      const scenarios = (args.threads ?? [...new Set([1, Math.min(machine.cores, 8)])]).flatMap((threads) =>
        (args.sequences ?? SEQUENCES).map((sequences) => ({
          machines: args.machines ?? stages,
          stages,
          threads,
          sequences,
        })),
      );
      const plan = {
        model: modelName(checkpoint.path),
        family: model.family,
        parameters: model.parameters,
        activeParameters: model.activeParameters,
        machine,
        ...lengths,
        memory: model.memoryOn(machine, stages),
        expected: scenarios.map((scenario) => expectation(model.work, machine, scenario, lengths)),
      };
      const output = new Output();
      if (args.json) await output.writeJson(snakeCase(plan) as object);
      else await output.write(planReport(plan));
    }),
});

/** @throws GptError as `readMachine` and `openDestination`; the signal's reason */
async function machineFor(
  { machine: path, saveMachine, simd = "auto", threads, quiet }: PlanArguments,
  kernels: readonly string[],
  signal: AbortSignal,
): Promise<MachineFigures> {
  if (path !== undefined) return await readMachine(path);
  await using destination = saveMachine === undefined ? undefined : await openDestination(saveMachine);
  using spinner = startSpinner("measuring this machine", quiet);
  const machine = await measureMachine(kernels, {
    simd: chooseSimd(simd),
    threads: Math.max(chooseThreads(undefined), ...(threads ?? [])),
    signal,
    onKernel: (name, done, total) =>
      spinner.say(`measuring this machine: ${name}, ${done} of ${total} kernels`),
  });
  if (destination === undefined) return machine;
  await destination.output.write(`${JSON.stringify(snakeCase(machine), undefined, 2)}\n`);
  await destination.keep();
  return machine;
}

/** @throws GptError `usage` for more tokens than the context holds */
function lengthsFor({ nPrompt, nGen }: PlanArguments, contextSize: number) {
  const fitting = (flag: string, wish: number | undefined, usual: number): number => {
    if (wish === undefined) return Math.min(usual, contextSize);
    if (wish <= contextSize) return wish;
    const bound = `expected at most the context (-c), ${contextSize.toLocaleString("en-US")} tokens`;
    throw new GptError("usage", `--${flag}: ${bound}, found ${wish}`);
  };
  return {
    nPrompt: fitting("n-prompt", nPrompt, PROMPT),
    nGen: fitting("n-gen", nGen, GENERATED),
    contextSize,
  };
}
