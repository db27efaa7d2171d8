/** T5, mT5 and UMT5 as GGUF files and back, encoder and decoder of different depths. */
import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { Model } from "../../src/engine/model.ts";
import { Reader } from "../../src/engine/reader.ts";
import { parseModel } from "../../src/families/parse.ts";
import type { JsonObject } from "../../src/files/json.ts";
import { writeInitialModel } from "../../src/train/new-model/initial-model.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const ENGINE = { threads: 1, simd: "plain" } as const;

const SMALL: JsonObject = {
  vocab_size: 40,
  d_model: 16,
  d_kv: 6,
  d_ff: 24,
  num_heads: 2,
  relative_attention_num_buckets: 8,
  decoder_start_token_id: 0,
  eos_token_id: 1,
  layer_norm_epsilon: 2 ** -16,
  initializer_range: 0.5,
};

/** Long enough for distances beyond the exact buckets. */
const SOURCE = Array.from({ length: 30 }, (_, i) => (7 * i) % 40);
const TARGET = Array.from({ length: 20 }, (_, i) => (11 * i) % 40);

async function outputsOf(path: string) {
  const checkpoint = await openCheckpoint(path);
  const description = await parseModel(checkpoint);
  const model = await Model.load(checkpoint, description, ENGINE);
  const session = model.createSession();
  await session.read(SOURCE);
  const logits = await session.append(TARGET, { every: true });
  await model.close();
  const encoder = await Reader.load(checkpoint, await parseModel(checkpoint, "none"), ENGINE);
  const [states] = await encoder.hidden([{ ids: SOURCE, typeIds: SOURCE.map(() => 0) }]);
  await encoder.close();
  return { logits, states };
}

describe.each([
  ["t5", "T5", {}],
  ["t5", "T5", { feed_forward_proj: "gated-gelu", tie_word_embeddings: false }],
  ["mt5", "MT5", {}],
  ["umt5", "UMT5", {}],
] as const)("a %s", (name, className, fields) => {
  it.each([
    [2, 3],
    [1, 3],
    [3, 1],
    [1, 1],
  ])(
    "of %i and %i layers writes and reads the same from a directory, GGUF, and a directory again",
    async (encoder, decoder) => {
      const own = `${name}-${Object.keys(fields).length}-${encoder}-${decoder}`;
      const [directory, gguf, again] = [file(own), file(`${own}.gguf`), file(`${own}-again`)];
      const layers = { num_layers: encoder, num_decoder_layers: decoder };
      const architectures = [`${className}ForConditionalGeneration`];
      await writeInitialModel(
        directory,
        { model_type: name, architectures, ...SMALL, ...layers, ...fields },
        5,
      );
      const first = await outputsOf(directory);
      await quantizeModel(directory, gguf, "f32", ENGINE);
      expect(await outputsOf(gguf)).toEqual(first);
      await quantizeModel(gguf, again, "f32", ENGINE);
      expect(await outputsOf(again)).toEqual(first);
    },
  );

  it("whose biases end at another distance is no GGUF file, which has no key for it", async () => {
    const directory = file(`${name}-${Object.keys(fields).length}-near`);
    const near = { ...SMALL, ...fields, num_layers: 1, relative_attention_max_distance: 12 };
    const architectures = [`${className}ForConditionalGeneration`];
    await writeInitialModel(directory, { model_type: name, architectures, ...near }, 5);
    const error = await rejectionOf(quantizeModel(directory, file("near.gguf"), "f32"));
    expect(error.message).toContain(
      "no architecture for a t5 whose relative_attention_max_distance is not 128: write a directory instead",
    );
  });
});
