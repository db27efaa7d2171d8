/** Models in the Hugging Face cache by the names that the hub gives them. */
import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheFolder, refsOf, repositoryFolder, snapshotsOf } from "./hugging-face-cache.ts";
import { type HubReference, MAIN, referenceOf } from "./reference.ts";
import { ggufFiles, isModelFile, quantizationOf } from "./select-files.ts";

/** A model that the cache holds. */
export interface CachedModel {
  /** `OWNER/NAME`, with the quantization of a GGUF file. */
  readonly name: string;
  readonly path: string;
  readonly folder: string;
}

/**
 * The path of `OWNER/NAME[:QUANTIZATION][@REVISION]`: a snapshot, or a GGUF file in it. Undefined if the
 * cache does not hold it.
 *
 * @throws GptError `usage` for several GGUF files of which the name means none
 */
export function cachedModel(name: string): string | undefined {
  const reference = referenceOf(name);
  const snapshot = reference && snapshotNamed(reference);
  if (reference === undefined || snapshot === undefined) return undefined;
  const files = filesIn(snapshot);
  if (reference.quantization === undefined && files.includes("config.json")) return snapshot;
  const models = files.filter(isModelFile);
  if (models.length === 0) return undefined;
  if (reference.quantization !== undefined) {
    const held = models.map(quantizationOf);
    const isHeld = held.some((own) => own.toLowerCase() === reference.quantization?.toLowerCase());
    if (!isHeld) return undefined;
  }
  const [first] = ggufFiles(files, reference);
  return first && join(snapshot, first);
}

/** The models of the cache: a directory of safetensors, or each GGUF file, of the snapshot of `main`. */
export function cachedModels(): CachedModel[] {
  const folder = cacheFolder();
  return repositories().flatMap((repository) => {
    const snapshot = snapshotNamed({ repository, revision: MAIN, quantization: undefined });
    if (snapshot === undefined) return [];
    const files = filesIn(snapshot);
    const whole = files.includes("config.json") && files.some((file) => /\.(?:safetensors|bin)$/.test(file));
    const models = files.filter((file) => isModelFile(file) && !/-(?!00001)\d{5}-of-\d{5}\.gguf$/.test(file));
    return [
      ...(whole ? [{ name: repository, path: snapshot, folder }] : []),
      ...models.map((file) => ({
        name: `${repository}:${quantizationOf(file)}`,
        path: join(snapshot, file),
        folder,
      })),
    ];
  });
}

/** `OWNER/NAME` of every model repository in the cache. */
export function repositories(): string[] {
  const names = namesIn(cacheFolder()).filter((name) => /^models--.+--/.test(name));
  return names.map((name) => name.replace(/^models--/, "").replace("--", "/")).sort();
}

/** A commit, or what a ref names; without a ref of `main` the only snapshot. */
function snapshotNamed({ repository, revision }: HubReference): string | undefined {
  const folder = repositoryFolder(repository);
  const snapshots = snapshotsOf(folder);
  const commit = refsOf(folder).get(revision) ?? revision;
  const named = snapshots.find((path) => basename(path) === commit);
  return named ?? (revision === MAIN && snapshots.length === 1 ? snapshots[0] : undefined);
}

/** Paths of files below a folder, with slashes. Links whose file is missing are left out. */
export function filesIn(folder: string): string[] {
  const names = namesIn(folder, true).map((name) => name.replaceAll("\\", "/"));
  return names.filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile()).sort();
}

function namesIn(folder: string, recursive = false): string[] {
  try {
    return readdirSync(folder, { recursive, encoding: "utf8" });
  } catch {
    return [];
  }
}
