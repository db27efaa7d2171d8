import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { quantizeModel } from "../../../src/convert/quantize.ts";
import { withSafetensorsHeader } from "../../fixtures/directory-writer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { describeWithShared } from "../../shared.ts";
import { load, logitsOf } from "./models.ts";
import { pathOf } from "./table.ts";

const file = temporaryFolder();
const TABLE = "model.embed_tokens_per_layer.weight";

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The checkpoint with the first rows of its table of vectors alone. */
function withRows(name: string, rows: number): string {
  const path = file(`${name}-${rows}`);
  mkdirSync(path);
  const config = JSON.parse(readFileSync(`${pathOf(name)}/config.json`, "utf8")) as object;
  writeFileSync(`${path}/config.json`, JSON.stringify({ ...config, vocab_size_per_layer_input: rows }));
  const bytes = readFileSync(`${pathOf(name)}/model.safetensors`);
  const length = Number(bytes.readBigUInt64LE());
  const { __metadata__: _, ...entries } = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Record<
    string,
    Entry
  >;
  const blocks: Uint8Array[] = [];
  let end = 0;
  const header = Object.entries(entries).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      const [outputs = 1, ...others] = shape;
      const kept = name === TABLE ? rows : outputs;
      const block = bytes.subarray(8 + length + from, 8 + length + from + ((to - from) / outputs) * kept);
      blocks.push(block);
      const first = end;
      end += block.length;
      return [name, { dtype, shape: [kept, ...others], data_offsets: [first, end] }];
    },
  );
  const data = Buffer.concat(blocks);
  writeFileSync(
    `${path}/model.safetensors`,
    withSafetensorsHeader(JSON.stringify(Object.fromEntries(header)), data),
  );
  return path;
}

describeWithShared("a table of vectors for the layers with fewer rows than the vocabulary", () => {
  it("is read, written as GGUF with a row for each token, and ids beyond it have the first row", async () => {
    const path = withRows("gemma3n_text", 100);
    await quantizeModel(path, file("short.gguf"), "f32", { threads: 1 });
    const [whole = [], short = [], gguf = []] = await Promise.all(
      [pathOf("gemma3n_text"), path, file("short.gguf")].map(async (path) => {
        await using model = await load(path, { simd: "plain", threads: 1 });
        return [await logitsOf(model, [2, 99, 40]), await logitsOf(model, [2, 100])];
      }),
    );
    expect(short[0]).toEqual(whole[0]);
    expect(gguf[0]).toEqual(whole[0]);
    expect(short[1]).not.toEqual(whole[1]);
    expect(short[1]?.every(Number.isFinite)).toBe(true);
  });
});
