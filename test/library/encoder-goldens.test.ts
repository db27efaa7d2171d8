import { readFileSync, writeFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { GgufCheckpoint } from "../../src/checkpoint/checkpoint.ts";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { quantizeModel } from "../../src/convert/quantize.ts";
import { modulesOf } from "../../src/families/embedding/checkpoint.ts";
import { cosine, normalized } from "../../src/library/embedding/pooling.ts";
import { loadEncoder } from "../../src/library/load-encoder.ts";
import { loadClassifier } from "../../src/library/load-model.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { describeWithShared, shared } from "../shared.ts";

const file = temporaryFolder();

/** Checkpoints of ../shared/models/golden with the numbers of a float64 implementation. */
const MASKED = ["bert-mlm", "roberta-mlm", "distilbert-mlm", "modernbert-mlm"];
const CLASSIFYING = ["bert-classify", "roberta-classify", "distilbert-classify", "modernbert-classify"];
const EMBEDDING = ["bert-embed", "bert-embed-cls", "xlm-roberta-embed"];

const TOLERANCE = 1e-4;

interface Case {
  readonly text: string;
  readonly text_pair?: string | null;
  readonly prompt_name?: string | null;
  readonly ids: number[];
  readonly token_type_ids?: number[];
  readonly hidden: number[][];
  readonly mask_positions: number[];
  readonly top5: { id: number; token: string; probability: number }[][];
  readonly embedding: number[];
  readonly scores: Record<string, number>;
  readonly label: string;
}

const pathOf = (name: string): string => shared(`models/golden/${name}`);

const expectedOf = (name: string): { cases: Case[]; cosine: number[][]; max_seq_length: number } =>
  JSON.parse(readFileSync(`${pathOf(name)}/expected.json`, "utf8"));

function expectNear(found: ArrayLike<number>, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? NaN))), 0);
  expect(worst).toBeLessThan(TOLERANCE);
}

describeWithShared("encoders of the reference", () => {
  describe.each(MASKED)("%s", (name) => {
    it("has the ids, hidden states and candidates of the reference", async () => {
      await using encoder = await loadEncoder(pathOf(name), { threads: 1 });
      for (const { text, text_pair, ids, token_type_ids, hidden, mask_positions, top5 } of expectedOf(name)
        .cases) {
        const pair = text_pair ?? undefined;
        const found = await encoder.hidden(text, { pair });
        expect([...found.ids]).toEqual(ids);
        if (token_type_ids) expect([...found.typeIds]).toEqual(token_type_ids);
        expectNear(found.states, hidden.flat());
        if (mask_positions.length === 0) continue;
        const masks = await encoder.fillMask(text, { pair });
        expect(masks.map(({ position }) => position)).toEqual(mask_positions);
        for (const [i, { candidates }] of masks.entries()) {
          expect(candidates.map(({ id, token }) => ({ id, token }))).toEqual(
            top5[i]?.map(({ id, token }) => ({ id, token })),
          );
          expectNear(
            candidates.map(({ probability }) => probability),
            top5[i]?.map(({ probability }) => probability) ?? [],
          );
        }
      }
    });
  });

  describe.each(EMBEDDING)("%s", (name) => {
    it("has the embeddings and cosines of the reference", async () => {
      await using encoder = await loadEncoder(pathOf(name), { threads: 1 });
      const { cases, cosine: cosines, max_seq_length } = expectedOf(name);
      expect(encoder.maxTokens).toBe(max_seq_length);
      const found: Float32Array[] = [];
      for (const { text, prompt_name, ids, embedding } of cases) {
        const [own] = await encoder.embed([text], { promptName: prompt_name ?? undefined });
        expect(own?.tokens).toBe(ids.length);
        expectNear(own?.embedding ?? [], embedding);
        found.push(own?.embedding ?? new Float32Array());
      }
      expectNear(
        found.flatMap((a) => found.map((b) => cosine(a, b))),
        cosines.flat(),
      );
    });

    it("has the same embeddings for all texts at once and more threads", async () => {
      const texts = expectedOf(name).cases.map(({ text }) => text);
      await using one = await loadEncoder(pathOf(name), { threads: 1, simd: "plain" });
      await using three = await loadEncoder(pathOf(name), { threads: 3, simd: "plain" });
      const alone = await Promise.all(texts.map((text) => one.embed([text])));
      expect(await three.embed(texts)).toEqual(alone.flat());
    });
  });

  describe.each([...MASKED, ...EMBEDDING, ...CLASSIFYING])("%s", (name) => {
    it("is the same model when it is written again, with the files that it needs", async () => {
      const path = file(name);
      await quantizeModel(pathOf(name), path, "f32");
      const text = expectedOf(name).cases[0]?.text ?? "";
      const read = async (from: string) => {
        await using encoder = await loadEncoder(from, { threads: 1 });
        return { hidden: await encoder.hidden(text), embedding: await encoder.embed([text]) };
      };
      expect(await read(path)).toEqual(await read(pathOf(name)));
    });
  });

  it("is the same model as a GGUF file, and from that as a directory again", async () => {
    const [gguf, again] = [file("bert.gguf"), file("bert-again")];
    await quantizeModel(pathOf("bert-embed"), gguf, "f32");
    await quantizeModel(gguf, again, "f32");
    const text = "The King has died.";
    const read = async (from: string) => {
      await using encoder = await loadEncoder(from, { threads: 1 });
      return await encoder.hidden(text);
    };
    const stored = await read(pathOf("bert-embed"));
    expect(await read(gguf)).toEqual(stored);
    expect(await read(again)).toEqual(stored);
  });

  it.each([
    ["bert-embed", "mean", ["the limit of 16 tokens"]],
    ["bert-embed-cls", "cls", ["the lengths of vectors", "the limit of 24 tokens"]],
  ])("%s: a GGUF file pools as the directory, and normalizes", async (name, pooling, omitted) => {
    const [gguf, again] = [file(`${name}.gguf`), file(`${name}-again`)];
    expect(await quantizeModel(pathOf(name), gguf, "f32")).toMatchObject({ omitted });
    await quantizeModel(gguf, again, "f32");
    const read = async (from: string) => {
      await using encoder = await loadEncoder(from, { threads: 1 });
      const [found] = await encoder.embed(["The King has died."]);
      return found?.embedding ?? new Float32Array();
    };
    const { metadata } = (await openCheckpoint(gguf)) as GgufCheckpoint;
    expect(metadata.get("tokenizer.ggml.token_type_count")).toBe(2);
    const stored = await read(gguf);
    expect(stored).toEqual(normalized(await read(pathOf(name))));
    expect(await read(again)).toEqual(stored);
    expect((await modulesOf(await openCheckpoint(again), true)).poolings).toEqual([pooling]);
  });

  it("may list ModernBERT's layers and angles, as version 5 of transformers does", async () => {
    const path = file("listed");
    await cp(pathOf("modernbert-mlm"), path, { recursive: true });
    const config = JSON.parse(readFileSync(`${path}/config.json`, "utf8"));
    const { global_attn_every_n_layers: n, global_rope_theta, local_rope_theta, ...others } = config;
    const kinds = Array.from({ length: config.num_hidden_layers }, (_, i) =>
      i % n === 0 ? "full_attention" : "sliding_attention",
    );
    const rope = {
      full_attention: { rope_type: "default", rope_theta: global_rope_theta },
      sliding_attention: { rope_type: "default", rope_theta: local_rope_theta },
    };
    const listed = { ...others, layer_types: kinds, rope_parameters: rope };
    writeFileSync(`${path}/config.json`, JSON.stringify(listed));
    await using encoder = await loadEncoder(path, { threads: 1 });
    const [{ text = "", hidden = [] } = {}] = expectedOf("modernbert-mlm").cases;
    expectNear((await encoder.hidden(text)).states, hidden.flat());
  });

  it("may call the parameters of norms gamma and beta, as old files do", async () => {
    const path = file("old");
    await cp(pathOf("bert-embed"), path, { recursive: true });
    const weights = `${path}/model.safetensors`;
    const bytes = readFileSync(weights);
    const end = 8 + bytes.readUInt32LE(0);
    const names = bytes.subarray(8, end).toString();
    const older = names
      .replaceAll("LayerNorm.weight", "LayerNorm.gamma")
      .replaceAll("LayerNorm.bias", "LayerNorm.beta");
    bytes.write(older.padEnd(end - 8), 8);
    writeFileSync(weights, bytes);
    await using encoder = await loadEncoder(path, { threads: 1 });
    const [{ text = "", embedding = [] } = {}] = expectedOf("bert-embed").cases;
    const [found] = await encoder.embed([text]);
    expectNear(found?.embedding ?? [], embedding);
  });

  describe.each(CLASSIFYING)("%s", (name) => {
    it("has the scores of the reference", async () => {
      await using classifier = await loadClassifier(pathOf(name), { threads: 1 });
      for (const { text, text_pair, scores, label } of expectedOf(name).cases) {
        const found = await classifier.classify(text, { pair: text_pair ?? undefined });
        expect(found.label).toBe(label);
        expect(Object.keys(found.probabilities)).toEqual(Object.keys(scores));
        expectNear(Object.values(found.probabilities), Object.values(scores));
      }
    });
  });
});
