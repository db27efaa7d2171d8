/** What a result depends on: program, machine, files of the model, parameters. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { packageVersion } from "../host/package-files.ts";
import type { LanguageModel } from "../library/language-model.ts";

export interface HashedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  /** Version of this program. */
  readonly version: string;
  readonly node: string;
  readonly platform: string;
  /** The build of the kernels. */
  readonly build: string;
  readonly threads: number;
  readonly contextSize: number;
  /** Weights, tokenizer and settings of the model. */
  readonly files: readonly HashedFile[];
}

/** @param path of the model. @throws the system's errors for files that cannot be read */
export async function manifestOf(model: LanguageModel, path: string): Promise<Manifest> {
  return {
    version: packageVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    build: model.simd,
    threads: model.threads,
    contextSize: model.contextSize,
    files: await hashedFiles(path),
  };
}

/** Files of a model's directory that change what it says. */
const PARTS = /\.(?:safetensors|bin|json|model|gguf|txt|jinja)$/;

async function filesOf(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => PARTS.test(name)).sort();
  return names.map((name) => join(path, name));
}

/** A file, or the files of a model's directory. @throws the system's errors for files that cannot be read */
export const hashedFiles = async (path: string): Promise<readonly HashedFile[]> =>
  await Promise.all((await filesOf(path)).map(hashed));

async function hashed(path: string): Promise<HashedFile> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { name: basename(path), bytes: (await stat(path)).size, sha256: hash.digest("hex") };
}
