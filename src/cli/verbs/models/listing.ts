/** The list of `gpt models`: a line for each model. */
import type { Listed } from "../../../library/facts/listed-model.ts";
import { approximately, bytes, thousands } from "../../terminal/format.ts";
import { visibleText } from "../../terminal/pieces.ts";
import { table } from "../../terminal/table.ts";

const formats = { huggingface: "safetensors", gguf: "GGUF" } as const;

/** A line for each model that can be opened, then the problems of the others. */
export function listing(models: readonly Listed[]): string {
  const rows = models.flatMap((model) => (model.family !== undefined ? [rowOf(model)] : []));
  const problems = models.flatMap(({ name, problem }) =>
    problem === null ? [] : [`${visibleText(name)} cannot be loaded: ${visibleText(problem)}\n`],
  );
  const titles = ["name", "family", "parameters", "size", "context", "weights", "in"];
  const blocks = rows.length > 0 ? [table([titles, ...rows], [0, 1, 5, 6])] : [];
  return [...blocks, ...(problems.length > 0 ? [problems.join("")] : [])].join("\n");
}

const rowOf = (model: Extract<Listed, { family: unknown }>): string[] => [
  visibleText(model.name),
  model.family,
  approximately(model.parameters),
  bytes(model.fileBytes),
  thousands(model.nPositions),
  visibleText(`${formats[model.format]} ${model.dtype ?? ""}`),
  `${visibleText(model.folder)}${model.default ? " (default)" : ""}`,
];
