/** A list of models, each in a line: what `gpt models` writes. */
import { openCheckpoint } from "../../../checkpoint/open.ts";
import { describeModel } from "../../../families/index.ts";
import type { NamedModel } from "../../../hub/find-model.ts";
import { countParameters } from "../../../model/parameters.ts";
import { approximately, bytes, thousands } from "../../terminal/format.ts";
import { table } from "../../terminal/table.ts";
import { visibleText } from "../tokenize/pieces.ts";
import { loadProblem, messageOf } from "./problem.ts";
import { storageOf } from "./storage.ts";

/** What is known of a model without reading its weights; one that cannot be opened or has no weights has its problem alone. */
export type Listed = Awaited<ReturnType<typeof listModel>>;

/** @param isDefault whether it is the one that is taken where none is named */
export async function listModel({ name, path, folder }: NamedModel, isDefault: boolean) {
  const place = { name, path, folder, default: isDefault };
  try {
    return { ...place, ...(await summarize(path)) };
  } catch (error) {
    return { ...place, problem: messageOf(error) };
  }
}

async function summarize(path: string) {
  const checkpoint = await openCheckpoint(path);
  const description = await describeModel(checkpoint);
  const storage = await storageOf(checkpoint);
  const problem = loadProblem(checkpoint, description);
  if (storage === null) return { problem };
  return {
    family: description.config.family,
    parameters: countParameters(description.config).total,
    fileBytes: storage.fileBytes,
    nPositions: description.config.nPositions,
    format: checkpoint.format,
    /** Of most of its bytes. */
    dtype: storage.dtypes[0]?.dtype ?? null,
    problem,
  };
}

const formats = { huggingface: "safetensors", gguf: "GGUF" } as const;

/** A line for each model that can be opened, then what keeps models from being loaded. */
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
