/** Headers of safetensors files. */

import { withSafetensorsHeader } from "../../fixtures/directory-writer.ts";
import { u64 } from "../../fixtures/gguf-writer.ts";
import { damaged, type HostileCase, type Json, type Verb, WEIGHTS } from "./case.ts";

/** A header of a safetensors file that is not there any more, before as many bytes of data. */
const header = (text: string, dataBytes: number, message: RegExp, verb?: Verb) =>
  damaged(WEIGHTS, withSafetensorsHeader(text, new Uint8Array(dataBytes)), message, verb);

const headerLength = (length: bigint, message: RegExp, verb?: Verb) =>
  damaged(WEIGHTS, Buffer.concat([u64(length), Buffer.from("{}".padEnd(64))]), message, verb);

/** The header of the good file, changed. */
const headerWith = (change: (entries: Record<string, Json>) => void, message: RegExp, verb?: Verb) =>
  damaged(
    WEIGHTS,
    (good) => {
      const dataStart = 8 + Number(good.readBigUInt64LE(0));
      const entries = JSON.parse(good.toString("utf8", 8, dataStart)) as Record<string, Json>;
      change(entries);
      return withSafetensorsHeader(JSON.stringify(entries), good.subarray(dataStart));
    },
    message,
    verb,
  );

const entry = (values: Json, message: RegExp, verb?: Verb) =>
  headerWith((entries) => Object.assign(entries["h.0.ln_1.weight"] ?? {}, values), message, verb);

const twice =
  '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}';

export const safetensors: readonly HostileCase[] = [
  headerLength(2n ** 63n, /model\.safetensors: the header length is 9223372036854775808/, "generate"),
  headerLength(2n ** 53n, /the header length is 9007199254740992/),
  headerLength(2n ** 25n, /the header length is 33554432, but the file has 72 bytes: it is cut short/),
  headerLength(0n, /the header is not valid JSON/),
  damaged(
    WEIGHTS,
    new Uint8Array(4096),
    /model\.safetensors: holds zeros: the download was cut off/,
    "generate",
  ),
  header("[".repeat(100_000) + "]".repeat(100_000), 0, /JSON, but not an object in braces/),
  header(
    `{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    0,
    /tensor "x": is \[\[\[.*expected dtype, shape/,
    "inspect",
  ),
  header('{"a":{"dtype":"F32"', 64, /the header is not valid JSON/),
  header(twice, 16, /tensor "a" occurs twice/),
  header(
    '{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}',
    16,
    /bytes \d+ to \d+ belong to no tensor/,
  ),
  header('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 9, /bytes \d+ to \d+ belong to no tensor/),
  entry({ data_offsets: [0.5, 64.5] }, /"h\.0\.ln_1\.weight": data_offsets is \[0\.5,64\.5\]/),
  entry({ data_offsets: [-64, 0] }, /data_offsets is \[-64,0\], expected \[begin, end\]/),
  entry({ data_offsets: [0, 64] }, /tensors .* overlap at byte/, "generate"),
  entry({ data_offsets: [2 ** 60, 2 ** 60 + 64] }, /data_offsets is/),
  entry({ data_offsets: [2 ** 50, 2 ** 50 + 64] }, /ends at byte \d+, but the file has \d+/),
  entry({ shape: [1e308] }, /shape is \[1e\+308\], expected a list of whole numbers/),
  entry({ shape: [0] }, /spans 64 bytes, but F32 \[0\] takes 0/),
  entry({ shape: [2 ** 31, 2 ** 31] }, /shape \[2147483648,2147483648\] is too large/),
  entry({ shape: [4, 4] }, /"h\.0\.ln_1\.weight" has shape \[4,4\], but the config asks for \[16\]/),
  entry({ shape: Array(100_000).fill(1) }, /spans 64 bytes, but F32 a list of 100000 values takes 4/),
  entry({ dtype: "I32" }, /"h\.0\.ln_1\.weight" is I32, which is not supported/, "generate"),
  entry({ dtype: "F32\n\u001b[2J" }, /dtype is "F32\\n\\u001b\[2J", expected a name such as "F32"/),
  entry({ dtype: "F64" }, /spans 64 bytes, but F64 \[16\] takes 128/),
  headerWith((entries) => delete entries["wte.weight"], /bytes \d+ to \d+ belong to no tensor/),
];
