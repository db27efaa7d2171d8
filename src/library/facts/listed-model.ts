/** A model's line in a list of models. */
import { openCheckpoint } from "../../checkpoint/open.ts";
import { parseModel } from "../../families/parse.ts";
import type { NamedModel } from "../../hub/find-model.ts";
import { seesAhead } from "../../model/attention/masks.ts";
import { countParameters } from "../../model/parameters.ts";
import { loadProblem, messageOf } from "./load-problem.ts";
import { storageOf } from "./storage.ts";

/** Read from configs and headers. A model that cannot be opened, or has no weights, has its problem alone. */
export type Listed = Awaited<ReturnType<typeof listModel>>;

/** @param isDefault whether this model runs when none is named */
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
  const stored = await parseModel(checkpoint);
  const description = seesAhead(stored.config) ? stored : await parseModel(checkpoint, "tokens");
  const storage = await storageOf(checkpoint);
  const problem = loadProblem(checkpoint, description);
  if (storage === null) return { problem };
  return {
    family: description.config.family,
    parameters: countParameters(description.config).total,
    fileBytes: storage.fileBytes,
    nPositions: description.config.nPositions,
    format: checkpoint.format,
    /** The type of most of its bytes. */
    dtype: storage.dtypes[0]?.dtype ?? null,
    problem,
  };
}
