/** The manifest of --manifest: what texts depend on, and how they are made again. */
import { snakeCase } from "../../../files/snake-case.ts";
import type { ResolvedOptions } from "../../../generate/options/resolve-options.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import { commandManifest } from "../../manifest.ts";
import { isBatch } from "./batch/flags.ts";
import type { GenerateArguments } from "./flags.ts";
import type { LoadedModel } from "./loaded-model.ts";

/** @param piped text of standard input, which a later run gets again */
export async function generationManifest(
  { model }: LoadedModel,
  path: string,
  { settings, options: { seed } }: ResolvedOptions,
  { file, shots, adapter = [], controlVector = [] }: GenerateArguments,
  piped?: string,
): Promise<object> {
  const read = [
    file === "-" ? undefined : file,
    shots,
    ...[...adapter, ...controlVector].map((one) => one.path),
  ];
  const inputs = read.filter((name) => name !== undefined);
  // A draft model changes no text. A seed that is drawn stands beside each text.
  const { draft: _, logitBias, ...others } = settings;
  const parameters = snakeCase({ ...others, seed, logitBias: Object.fromEntries(logitBias) });
  return { ...(await commandManifest([[model, path]], inputs)), parameters, stdin: piped };
}

export function manifestConflicts(args: GenerateArguments): readonly Conflict[] {
  const { manifest, json, file, seed } = args;
  const isBatched = isBatch(args);
  return [
    {
      holds: manifest && !json && !isBatched,
      flags: ["manifest"],
      problem: "--manifest is a part of the JSON: give --json too",
    },
    {
      holds: manifest && isBatched && (file === undefined || file === "-"),
      flags: ["manifest"],
      problem: "--manifest of a batch names its input, which is read again: give it with --file",
    },
    {
      holds: manifest && isBatched && seed === undefined,
      flags: ["manifest"],
      problem: "--manifest of a batch has one seed for all lines: give --seed",
    },
  ];
}
