/** Files of importances in both formats of llama.cpp. A name that ends in .dat is the older one. */
import { InputFile } from "../../files/file.ts";
import { readDat, writeDat } from "./dat-file.ts";
import { readImatrixGguf, writeImatrixGguf } from "./gguf-file.ts";
import type { Importance } from "./importance.ts";

const MAGIC = "GGUF";

/** @throws GptError `not-found`; `invalid-file` for another file */
export async function readImportance(path: string): Promise<Importance> {
  const file = await InputFile.open(path);
  const first = new Uint8Array(Math.min(MAGIC.length, file.size));
  await file.read(0, first, "the magic number").finally(() => file.close());
  return Buffer.from(first).toString() === MAGIC ? await readImatrixGguf(path) : await readDat(path);
}

/** @throws GptError as `writeError` */
export const writeImportance = (path: string, importance: Importance): Promise<void> =>
  path.endsWith(".dat") ? writeDat(path, importance) : writeImatrixGguf(path, importance);
