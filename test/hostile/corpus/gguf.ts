/** GGUF files. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type GgufValueToWrite,
  ggufKey,
  ggufPreamble,
  ggufString,
  ggufTensorInfo,
  typed,
  u32,
  u64,
} from "../../fixtures/gguf-writer.ts";
import { writeGgufLlama } from "../subjects.ts";
import { type HostileCase, LFS_POINTER, type Verb, WEB_PAGE } from "./case.ts";

/** A good GGUF file in which these keys have other values; undefined takes one out. */
function key(
  changes: Readonly<Record<string, GgufValueToWrite | undefined>>,
  message: RegExp,
  verb?: Verb,
): HostileCase {
  const write = (folder: string) => writeGgufLlama(join(folder, "model.gguf"), changes);
  return { name: `GGUF: ${message.source}`, write, code: "invalid-file", message, ...(verb && { verb }) };
}

function ggufFile(parts: readonly Uint8Array[], message: RegExp, verb?: Verb): HostileCase {
  const write = (folder: string) => {
    const path = join(folder, "model.gguf");
    writeFileSync(path, Buffer.concat(parts));
    return path;
  };
  return { name: `GGUF: ${message.source}`, write, code: "invalid-file", message, ...(verb && { verb }) };
}

const tensor = (
  shape: readonly (number | bigint)[],
  type: number,
  offset: number | bigint,
  message: RegExp,
  verb?: Verb,
) =>
  ggufFile(
    [ggufPreamble(1, 0), ggufTensorInfo("t", shape, type, offset), new Uint8Array(256)],
    message,
    verb,
  );
const dimensions = (count: number) => [ggufPreamble(1, 0), ggufString("t"), u32(count), new Uint8Array(256)];
const value = (type: number, ...bytes: readonly Uint8Array[]) => [
  ggufPreamble(0, 1),
  ggufString("k"),
  u32(type),
  ...bytes,
];
const alignment = (size: GgufValueToWrite) => [ggufPreamble(0, 1), ggufKey("general.alignment", size)];

export const ggufs: readonly HostileCase[] = [
  ggufFile([Buffer.from(WEB_PAGE)], /model\.gguf: is a web page/, "generate"),
  ggufFile([Buffer.from(LFS_POINTER)], /model\.gguf: is a git-lfs pointer/),
  ggufFile([], /model\.gguf: is empty/, "generate"),
  ggufFile([Buffer.from("GG")], /has 2 bytes, too few for a GGUF file/),
  ggufFile([ggufPreamble(0, 0, 1)], /GGUF version is 1, expected 2 or 3/, "generate"),
  ggufFile([ggufPreamble(0, 0, 2 ** 31)], /is a big-endian GGUF file/),
  ggufFile(
    [ggufPreamble(2n ** 62n, 0)],
    /tensor count is 4611686018427387904, expected 0 to 65536/,
    "inspect",
  ),
  ggufFile(
    [ggufPreamble(0, 2n ** 62n)],
    /metadata count is 4611686018427387904, expected 0 to 65536/,
    "generate",
  ),
  ggufFile(
    [ggufPreamble(0, 1), u64(2n ** 62n)],
    /the length of the name of metadata key 0 is 4611686018427387904, expected 0 to 65535/,
  ),
  ggufFile(value(8, u64(2n ** 62n)), /the length of metadata key "k" is 4611686018427387904, expected/),
  ggufFile(
    value(9, u32(8), u64(2n ** 62n)),
    /the length of metadata key "k" is 4611686018427387904, expected/,
    "generate",
  ),
  ggufFile(
    value(9, u32(8), u64(2 ** 22)),
    /key "k" has 4194304 elements, more than the rest of the file can hold/,
  ),
  ggufFile(value(77), /key "k" has value type 77, expected 0 to 12/),
  ggufFile(alignment(3), /general\.alignment is 3, expected a power of two/),
  ggufFile(alignment(typed("f32", 0.5)), /general\.alignment is 0\.5, expected a power of two/),
  ggufFile(alignment("32"), /general\.alignment is "32"/),
  ggufFile(dimensions(0), /tensor "t": has 0 dimensions, expected 1 to 4/),
  ggufFile(dimensions(2 ** 31), /tensor "t": has 2147483648 dimensions/, "generate"),
  tensor([2n ** 62n], 0, 0, /dimension 0 of tensor "t" is 4611686018427387904, expected 1 to/, "inspect"),
  tensor([2 ** 31, 2 ** 31], 0, 0, /shape \[2147483648,2147483648\] is too large/),
  tensor([2 ** 40], 0, 0, /tensor "t" ends at byte 4398046511\d+, but the file has \d+/),
  tensor([2, 33], 8, 0, /tensor "t": has rows of 33, but Q8_0 stores blocks of 32/),
  tensor([512, 32], 12, 0, /tensor "t": has rows of 32, but Q4_K stores blocks of 256/, "inspect"),
  tensor([2, 256], 14, 0, /tensor "t" ends at byte \d+, but the file has \d+/, "generate"),
  tensor([4], 5, 0, /has type 5, which is not known/),
  tensor([4], 0, 2n ** 63n, /the offset of tensor "t" is 9223372036854775808, expected 0 to/),
  key(
    { "general.architecture": "mamba" },
    /general\.architecture is "mamba", expected one of gpt2, llama/,
    "generate",
  ),
  key({ "general.architecture": undefined }, /general\.architecture is missing/),
  key({ "llama.block_count": undefined }, /llama\.block_count is missing, expected a whole number/),
  key({ "llama.block_count": 2 ** 31 }, /llama\.block_count is 2147483648/),
  key({ "llama.attention.head_count": 0 }, /llama\.attention\.head_count is 0/),
  key({ "llama.embedding_length": "wide" }, /llama\.embedding_length is "wide"/),
  key(
    { "tokenizer.ggml.model": "rwkv" },
    /tokenizer\.ggml\.model is "rwkv", which is not implemented/,
    "tokenize",
  ),
  key(
    { "tokenizer.ggml.scores": [0.5, 1.5] },
    /tokenizer\.ggml\.scores has 2 values for \d+ tokens/,
    "generate",
  ),
  key({ "tokenizer.ggml.token_type": [1] }, /tokenizer\.ggml\.token_type has 1 values for \d+ tokens/),
  key({ "tokenizer.ggml.tokens": [] }, /the vocabulary has no tokens/),
  key({ "tokenizer.ggml.tokens": 7 }, /tokenizer\.ggml\.tokens is 7, expected a list/),
  key(
    { "tokenizer.ggml.eos_token_id": 99_999 },
    /tokenizer\.ggml\.eos_token_id is 99999, expected a token id/,
  ),
];
