/** What a live page carries: the engine, the kernels, and the files of the model as they are. */
import { readFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Simd } from "../compute/kernels/kernels.ts";
import { GptError } from "../errors.ts";
import { packageFile } from "../host/package-files.ts";
import type { Quantization } from "../weights/dtype.ts";
import type { Part } from "./write-page.ts";

/** A browser takes about twice this much memory while it opens the page. */
const MOST_BYTES = 200 * 10 ** 6;
/** Files of a directory beside the weights: config, generation defaults, tokenizer. */
const SMALL_FILES = /^(?!model\.safetensors\.index).*\.(json|txt|model|spm)$/;

/** How the engine of the page loads the model: as the command line did, for the same numbers. */
export interface LiveEngine {
  /** Of the model. */
  readonly name: string;
  readonly simd: Simd;
  readonly quantization?: Quantization | undefined;
}

/** @throws GptError `usage` for a model of more than 200 MB */
export async function liveParts(checkpoint: Checkpoint, engine: LiveEngine): Promise<Part[]> {
  const weights = new Set([...checkpoint.tensors.values()].map(({ file }) => file));
  const isDirectory = checkpoint.format === "huggingface";
  const names = isDirectory ? await readdir(checkpoint.path) : [];
  const small = names.filter((file) => SMALL_FILES.test(file)).map((file) => join(checkpoint.path, file));
  const paths = [...new Set([...small, ...weights])];
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total > MOST_BYTES) {
    const size = `${Math.ceil(total / 1e6)} MB`;
    throw new GptError(
      "usage",
      `${checkpoint.path}: has ${size}, a live page carries at most 200 MB: quantize it`,
    );
  }
  const carried = (path: string) => (isDirectory ? `model/${basename(path)}` : basename(path));
  const files = await Promise.all(
    paths.map(async (path) => ({
      name: `file:${carried(path)}`,
      bytes: await readFile(path),
      isDeflated: !weights.has(path),
    })),
  );
  const start = { ...engine, path: isDirectory ? "model" : carried(checkpoint.path) };
  return [
    { name: "live", bytes: Buffer.from(JSON.stringify(start)), isDeflated: true },
    {
      name: "engine",
      bytes: brotliDecompressSync(readFileSync(packageFile("dist/bundle/page/engine.js.br"))),
      isDeflated: true,
    },
    ...["plain", "relaxed"].map((build) => ({
      name: `kernels:${build}`,
      bytes: readFileSync(packageFile(`build/${build}.wasm`)),
      isDeflated: true,
    })),
    ...files,
  ];
}
