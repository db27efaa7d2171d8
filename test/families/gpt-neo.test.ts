import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Model } from "../../src/engine/model.ts";
import { parseModel } from "../../src/families/parse.ts";
import { geluTanh, layerNorm, matmul } from "../../src/reference/twins.ts";
import { writeModelDirectory } from "../fixtures/directory-writer.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";
import { elements } from "../fixtures/tensors.ts";
import { TestRandom } from "../reference/random.ts";

const file = temporaryFolder();

const WINDOW = 5;
const HEADS = 3;
const WIDTH = 12;
const VOCABULARY = 31;
const LAYERS = ["global", "local", "global"];

const config = {
  model_type: "gpt_neo",
  hidden_size: WIDTH,
  num_layers: LAYERS.length,
  num_heads: HEADS,
  vocab_size: VOCABULARY,
  max_position_embeddings: 40,
  window_size: WINDOW,
  attention_types: [
    [["global", "local"], 1],
    [["global"], 1],
  ],
};

const block = {
  "ln_1.weight": [WIDTH],
  "ln_1.bias": [WIDTH],
  "attn.attention.q_proj.weight": [WIDTH, WIDTH],
  "attn.attention.k_proj.weight": [WIDTH, WIDTH],
  "attn.attention.v_proj.weight": [WIDTH, WIDTH],
  "attn.attention.out_proj.weight": [WIDTH, WIDTH],
  "attn.attention.out_proj.bias": [WIDTH],
  "ln_2.weight": [WIDTH],
  "ln_2.bias": [WIDTH],
  "mlp.c_fc.weight": [4 * WIDTH, WIDTH],
  "mlp.c_fc.bias": [4 * WIDTH],
  "mlp.c_proj.weight": [WIDTH, 4 * WIDTH],
  "mlp.c_proj.bias": [WIDTH],
};

const shapes: Readonly<Record<string, readonly number[]>> = {
  "wte.weight": [VOCABULARY, WIDTH],
  "wpe.weight": [40, WIDTH],
  "ln_f.weight": [WIDTH],
  "ln_f.bias": [WIDTH],
  ...Object.fromEntries(
    LAYERS.flatMap((_, i) => Object.entries(block).map(([name, shape]) => [`h.${i}.${name}`, shape])),
  ),
};

const random = new TestRandom(7);
const tensors = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [
    `transformer.${name}`,
    { shape, data: Float32Array.from({ length: elements(shape) }, () => random.uniform() - 0.5) },
  ]),
);

/** A stored matrix by its rows, or a vector as one row. */
function stored(name: string): number[][] {
  const { shape, data } = tensors[`transformer.${name}`] as { shape: readonly number[]; data: Float32Array };
  const width = shape.at(-1) as number;
  return Array.from({ length: data.length / width }, (_, i) => [
    ...data.subarray(i * width, (i + 1) * width),
  ]);
}

const plus = (a: number[][], b: number[][]) =>
  a.map((row, i) => row.map((v, j) => v + (b[i % b.length]?.[j] ?? 0)));
const vector = (name: string): number[] => stored(name)[0] ?? [];
const linear = (x: number[][], name: string) => matmul(x, stored(`${name}.weight`), vector(`${name}.bias`));
const norm = (x: number[][], name: string) =>
  layerNorm(x, vector(`${name}.weight`), vector(`${name}.bias`), 1e-5);

/** Logits as Hugging Face's GPTNeoForCausalLM computes them, in doubles. */
function reference(ids: readonly number[]): number[][] {
  const tokens = stored("wte.weight");
  let x = plus(
    ids.map((id) => tokens[id] ?? []),
    stored("wpe.weight"),
  );
  for (const [i, kind] of LAYERS.entries()) {
    const h = `h.${i}`;
    const normed = norm(x, `${h}.ln_1`);
    const [q, k, v] = ["q", "k", "v"].map((part) =>
      matmul(normed, stored(`${h}.attn.attention.${part}_proj.weight`)),
    );
    const mixed = attend(q ?? [], k ?? [], v ?? [], kind === "local" ? WINDOW : Number.POSITIVE_INFINITY);
    x = plus(x, linear(mixed, `${h}.attn.attention.out_proj`));
    const up = linear(norm(x, `${h}.ln_2`), `${h}.mlp.c_fc`);
    x = plus(
      x,
      linear(
        up.map((row) => row.map(geluTanh)),
        `${h}.mlp.c_proj`,
      ),
    );
  }
  return matmul(norm(x, "ln_f"), tokens);
}

/** Scores have no factor. */
function attend(q: number[][], k: number[][], v: number[][], window: number): number[][] {
  const size = WIDTH / HEADS;
  return q.map((row, i) =>
    row.map((_, column) => {
      const head = column - (column % size);
      const keys = k.map((_, j) => j).filter((j) => j <= i && j > i - window);
      const weights = keys.map((j) =>
        Math.exp(row.slice(head, head + size).reduce((sum, a, d) => sum + a * (k[j]?.[head + d] ?? 0), 0)),
      );
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return keys.reduce((sum, j, n) => sum + ((weights[n] ?? 0) / total) * (v[j]?.[column] ?? 0), 0);
    }),
  );
}

const ids = Array.from({ length: 17 }, () => random.integer(VOCABULARY));

describe("gpt_neo", () => {
  it("gives the logits of a scalar implementation, at once and id by id", async () => {
    const checkpoint = await openCheckpoint(writeModelDirectory(file("neo"), config, tensors));
    const model = await Model.load(checkpoint, await parseModel(checkpoint), { threads: 2, simd: "plain" });
    const expected = reference(ids).flat();
    const logits = await model.createSession().append(ids, { every: true });
    const errors = expected.map((value, i) => Math.abs(value - (logits[i] ?? Number.NaN)));
    expect(Math.max(...errors)).toBeLessThan(1e-5);
    const session = model.createSession();
    const steps: number[] = [];
    for (const id of ids) steps.push(...(await session.append([id])));
    expect(steps).toEqual([...logits]);
    await model.close();
  });

  it.each([
    [[[["global", "local"], 2]], /attention_types is .*, which names 4 layers: expected 3/],
    [[[["global", "sideways"], 2]], /attention_types is .*, expected lists such as/],
  ])("refuses %j", async (types, message) => {
    const path = writeModelDirectory(file("wrong"), { ...config, attention_types: types }, tensors);
    const error = await rejectionOf(openCheckpoint(path).then(parseModel));
    expect(error).toMatchObject({ code: "invalid-file", message: expect.stringMatching(message) });
  });
});

describe("a gpt2 with attention_types", () => {
  it("has the dense and banded layers of GPT-3", async () => {
    const gpt2 = { model_type: "gpt2", n_layer: 4, n_head: 2, n_embd: 8, vocab_size: 11 };
    const types = { attention_types: [[["global", "local"], 2]], window_size: 3 };
    const path = writeModelDirectory(file("gpt3"), { ...gpt2, ...types });
    const { layers } = (await parseModel(await openCheckpoint(path))).config;
    const masks = layers.map(({ mixer }) => mixer.kind === "attention" && mixer.mask);
    const [dense, banded] = [{ kind: "causal" }, { kind: "window", size: 3 }];
    expect(masks).toEqual([dense, banded, dense, banded]);
  });
});
