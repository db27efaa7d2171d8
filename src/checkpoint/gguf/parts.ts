/**
 * GGUF files in parts, as llama-gguf-split writes them: NAME-00001-of-00003.gguf and so on. Each part says
 * its number, the number of parts and of all tensors. The first part has the metadata of the model.
 */
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { files } from "../../host/files.ts";
import type { GgufCheckpoint, StoredTensor } from "../checkpoint.ts";
import { type GgufEntries, ggufValue } from "./entries.ts";
import { readGguf } from "./gguf.ts";

const PART = "split.no";
const PARTS = "split.count";
const TENSORS = "split.tensors.count";
const NAME = /^(.*)-\d{5}-of-(\d{5})\.gguf$/s;
/** A name has five digits; the largest models have a few hundred parts. */
const MAX_PARTS = 4096;

/** The name of part `number`, from 1 on. @param stem the name without -00001-of-00003.gguf */
export function partName(stem: string, number: number, count: number): string {
  const digits = (value: number) => String(value).padStart(5, "0");
  return `${stem}-${digits(number)}-of-${digits(count)}.gguf`;
}

/** The entries of the metadata of a part. @param number from 0 on */
export function partEntries(number: number, count: number, tensors: number): GgufEntries {
  const { uint16, int32 } = ggufValue;
  return new Map([
    [PART, uint16(number)],
    [PARTS, uint16(count)],
    [TENSORS, int32(tensors)],
  ]);
}

/** Metadata without what it says of parts. */
export function withoutParts(entries: Map<string, Uint8Array>): void {
  for (const key of [PART, PARTS, TENSORS]) entries.delete(key);
}

/**
 * Opens a GGUF file, and with any of its parts all others. Its path is that of the first part.
 *
 * @throws GptError as `readGguf`; `not-found` for a missing part; `invalid-file` for parts that do not belong
 *   together
 */
export async function openGguf(path: string): Promise<GgufCheckpoint> {
  const given = await readGguf(path);
  const count = given.metadata.get(PARTS);
  if (count === undefined || count === 1) return given;
  const fail = (file: string, problem: string) => new GptError("invalid-file", `${file}: ${problem}`);
  if (typeof count !== "number" || !(count >= 1 && count <= MAX_PARTS)) {
    throw fail(path, `${PARTS} is ${quote(count)}, expected 1 to ${MAX_PARTS}: fetch it again`);
  }
  const [, stem, named] = NAME.exec(path) ?? [];
  if (stem === undefined || Number(named) !== count) {
    const expected = `expected a name such as ${partName("NAME", 1, count)}, to find the other parts`;
    throw fail(path, `is one of ${count} parts: ${expected}`);
  }
  const paths = Array.from({ length: count }, (_, i) => partName(stem, i + 1, count));
  const tensors = new Map<string, StoredTensor>();
  let first: GgufCheckpoint | undefined;
  for (const [i, own] of paths.entries()) {
    if (own !== path) await expectPart(own, path);
    const part = own === path ? given : await readGguf(own);
    first ??= part;
    if (part.metadata.get(PARTS) !== count || part.metadata.get(PART) !== i) {
      const found = `part ${quote(part.metadata.get(PART))} of ${quote(part.metadata.get(PARTS))}`;
      throw fail(own, `says that it is ${found}, counted from 0; expected ${i} of ${count}: fetch it again`);
    }
    for (const [name, tensor] of part.tensors) {
      const twin = tensors.get(name);
      if (twin !== undefined)
        throw fail(own, `tensor ${quote(name)} is in ${twin.file} too: fetch both again`);
      tensors.set(name, tensor);
    }
  }
  const expected = (first ?? given).metadata.get(TENSORS);
  if (expected !== undefined && expected !== tensors.size) {
    const found = `its parts have ${tensors.size} tensors, expected ${quote(expected)}`;
    throw fail(paths[0] ?? path, `${found}: fetch them again`);
  }
  return { ...(first ?? given), tensors };
}

async function expectPart(path: string, given: string): Promise<void> {
  const found = await files.stat(path).catch(() => undefined);
  if (found?.isFile()) return;
  throw new GptError("not-found", `${path}: is missing, a part of the same model as ${given}: fetch it too`);
}
