/** Files of results and of samples, read for a comparison. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GptError } from "../../../../errors.ts";
import type { LoggedResults } from "../../../../evaluate/harness/compare-logged.ts";
import { readText } from "../../../../files/file.ts";
import { isJsonObject, type JsonObject } from "../../../../files/json.ts";

/** @throws GptError `invalid-file` for lines that are no samples */
export async function samplesIn(path: string): Promise<JsonObject[]> {
  const lines = (await readText(path)).split("\n").filter((line) => line.trim() !== "");
  return lines.map((line, i) => {
    const value = parsed(line);
    if (isJsonObject(value) && "doc_id" in value) return value;
    const problem = "expected a line of --log-samples, an object with doc_id";
    throw new GptError("invalid-file", `${path}:${i + 1}: ${problem}`);
  });
}

/**
 * Results with the samples that were logged beside them: the file that they name, or the harness's
 * samples_TASK_TIME.jsonl beside results_TIME.json.
 *
 * @throws GptError `invalid-file` for a file of something else, or of several models
 */
export async function resultsIn(path: string): Promise<LoggedResults> {
  const results = parsed(await readText(path));
  if (Array.isArray(results)) {
    const problem = `holds results of ${results.length} models: compare files of one model each`;
    throw new GptError("invalid-file", `${path}: ${problem}`);
  }
  if (!isJsonObject(results) || !isJsonObject(results.results)) {
    throw new GptError("invalid-file", `${path}: expected results of gpt eval -o, an object with "results"`);
  }
  const { log_samples: named } = results;
  const own = typeof named === "string" ? join(dirname(path), named) : undefined;
  if (own !== undefined) return { results, samples: existsSync(own) ? await samplesIn(own) : [] };
  return { results, samples: await samplesBeside(path) };
}

async function samplesBeside(path: string): Promise<JsonObject[]> {
  const time = basename(path).match(/^results_(.+)\.json$/)?.[1];
  if (time === undefined) return [];
  const names = await readdir(dirname(path));
  const logs = names.flatMap((name) => {
    const isOwn = name.startsWith("samples_") && name.endsWith(`_${time}.jsonl`);
    return isOwn ? [{ name, task: name.slice("samples_".length, -`_${time}.jsonl`.length) }] : [];
  });
  const all = await Promise.all(
    logs.map(async ({ name, task }) =>
      (await samplesIn(join(dirname(path), name))).map((sample) => ({ task, ...sample })),
    ),
  );
  return all.flat();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
