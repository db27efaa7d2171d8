/** A plan as tables for people. */
import type { Limit } from "../../../plan/estimate.ts";
import type { MachineFigures } from "../../../plan/machine.ts";
import type { PlannedMemory } from "../../../plan/memory.ts";
import type { Expectation, Lengths } from "../../../plan/plan.ts";
import { approximately, bytes, counted, pairs, thousands } from "../../terminal/format.ts";
import { visibleText } from "../../terminal/pieces.ts";
import { table } from "../../terminal/table.ts";

export interface Plan extends Lengths {
  readonly model: string;
  readonly family: string;
  readonly parameters: number;
  readonly activeParameters: number;
  readonly machine: MachineFigures;
  readonly memory: PlannedMemory;
  readonly expected: readonly Expectation[];
}

const LIMITS: Readonly<Record<Limit, string>> = {
  weights: "reading weights",
  arithmetic: "multiply-adds",
  cache: "attention",
  others: "norms, activations",
};

const PARTS: Readonly<Record<string, string>> = {
  tokenEmbedding: "token embedding",
  positionEmbedding: "position embedding",
  mlp: "feed-forward",
};

/** Three digits: a rate that is estimated has no more. */
const rate = (tokens: number): string => thousands(Number(tokens.toPrecision(3)));

export const planReport = (plan: Plan): string =>
  [title(plan), machineText(plan.machine), memoryText(plan), speedText(plan)].join("\n");

function title({ model, family, parameters, activeParameters }: Plan): string {
  const active = activeParameters < parameters ? `, ${approximately(activeParameters)} of them active` : "";
  return `${visibleText(model)}: ${family}, ${approximately(parameters)} parameters${active}\n`;
}

const machineText = ({
  name,
  cores,
  memoryBytes,
  readBytesPerSecond,
  flopsPerSecond,
}: MachineFigures): string =>
  pairs([
    ["machine", `${visibleText(name)}, ${counted(cores, "core")}, ${bytes(memoryBytes)} of memory`],
    [
      "reads",
      `${bytes(readBytesPerSecond.one)} a second on one thread, ${bytes(readBytesPerSecond.all)} on all`,
    ],
    ["multiplies", `${approximately(flopsPerSecond / 2)} multiply-adds a second on a core`],
  ]);

function memoryText({ contextSize, machine, memory }: Plan): string {
  const { weights, cacheBytes, workBytes, totalBytes, machineBytes, sequences } = memory;
  const fits =
    sequences > 0
      ? `of ${bytes(machine.memoryBytes)}: room for ${counted(sequences, "text")} of this length`
      : `of ${bytes(machine.memoryBytes)}: it does not fit`;
  return table(
    [
      ["memory"],
      ...weights.map(({ part, type, bytes: size }) => [
        `  ${PARTS[part] ?? part}, ${visibleText(type)}`,
        bytes(size),
      ]),
      [`  cache for ${thousands(contextSize)} tokens`, bytes(cacheBytes)],
      ["  position tables, activations, threads", bytes(workBytes)],
      ["  together", bytes(totalBytes), ...(machineBytes === totalBytes ? [fits] : [])],
      ...(machineBytes === totalBytes ? [] : [["  on one machine at most", bytes(machineBytes), fits]]),
    ],
    [0, 2],
  );
}

function speedText({ contextSize, nPrompt, nGen, expected }: Plan): string {
  const head = [
    "tokens a second",
    `prompt of ${thousands(nPrompt)}`,
    `${thousands(nGen)} generated`,
    "",
    `at ${thousands(contextSize)}`,
    "",
  ];
  const rows = expected.map(
    ({ machines, stages, threads, sequences, promptRate, generationRate, deepRate, limit, deepLimit }) => [
      `  ${[...(machines > 1 ? [counted(machines, "machine")] : []), ...(stages > 1 ? [counted(stages, "stage")] : []), counted(threads, "thread"), counted(sequences, "text")].join(", ")}`,
      rate(promptRate),
      rate(generationRate),
      LIMITS[limit],
      rate(deepRate),
      LIMITS[deepLimit],
    ],
  );
  return table([head, ...rows], [0, 3, 5]);
}
