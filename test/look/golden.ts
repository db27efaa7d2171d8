/** References for looking inside (../shared/models/golden/look/README.md defines the fields). */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { expect } from "vitest";
import type { Model } from "../../src/engine/model.ts";
import { load } from "../engine/golden/models.ts";
import { shared } from "../shared.ts";

const SHARED = ["gpt2", "llama", "gemma2", "induction"];

/** The same fields of other goldens, by transformers 5.18 in float64 with hooks on its modules. */
const FIXTURES = ["openai-gpt", "gpt_neox", "phi", "olmo2", "falcon", "mixtral", "qwen3_moe"];

export const LOOKED_AT: readonly string[] = [...SHARED, ...FIXTURES];

export type Nested = number | null | readonly Nested[];

export interface Lens {
  readonly top: Nested;
  readonly log_probability: Nested;
  readonly rank: Nested;
  readonly final_rank: Nested;
  readonly kl: Nested;
  readonly entropy: Nested;
}

export interface Prompt {
  readonly ids: readonly number[];
  readonly attention: Nested;
  readonly attention_mean: Nested;
  readonly rollout: Nested;
  readonly value_weighted?: Nested;
  readonly scores: Readonly<Record<string, Nested>>;
  readonly hidden?: Nested;
  readonly mlp_activations?: { readonly layer: number; readonly values: Nested };
  readonly last_logits: Nested;
  readonly lens: Lens;
  readonly surprisal: Readonly<Record<"nats" | "rank" | "entropy_nats" | "loss", Nested>>;
  readonly attribution: Readonly<Record<string, Nested>> & {
    readonly token: number;
    readonly runner_up: number;
    readonly sum: number;
    readonly logit_difference: number;
    readonly top_neurons: readonly (readonly [layer: number, neuron: number, contribution: number])[];
  };
  readonly gradients?: Readonly<Record<"saliency" | "gradient_x_input" | "gradient_x_token", Nested>> & {
    readonly token: number;
    readonly runner_up: number;
    readonly gradient_x_input_contrast: Nested;
    readonly integrated: Readonly<Record<string, Integrated>>;
  };
  readonly leave_one_out?: Readonly<Record<"replaced_by_id_0" | "removed", Nested>> & {
    readonly token: number;
  };
  readonly ablation: Readonly<Record<string, Nested>>;
  readonly steering?: {
    readonly hidden_index: number;
    readonly coefficient: number;
    readonly vector: readonly number[];
    readonly logits: Nested;
  };
}

interface Integrated {
  readonly attributions: Nested;
  readonly sum: number;
  readonly difference: number;
}

export interface Patching {
  readonly clean: readonly number[];
  readonly corrupted: readonly number[];
  readonly token: number;
  readonly against: number;
  readonly clean_difference: number;
  readonly corrupted_difference: number;
  readonly residual: Nested;
  readonly residual_restored: Nested;
  readonly attention_output: Nested;
  readonly mlp_output: Nested;
  readonly heads: Nested;
  readonly residual_estimate: Nested;
}

type Scored = readonly (readonly [id: number, value: number])[];

interface Effects {
  readonly top: Scored;
  readonly bottom: Scored;
}

export interface Expected {
  readonly checkpoint: string;
  readonly prompts: readonly [Prompt, Prompt];
  readonly induction: Readonly<Record<string, Nested>> & { readonly ids: readonly number[] };
  readonly induction_head?: readonly [layer: number, head: number];
  readonly previous_token_head?: readonly [layer: number, head: number];
  readonly patching: Patching;
  readonly patching_match?: Patching;
  readonly embeddings?: {
    readonly row_norms: Nested;
    readonly neighbours: readonly (Readonly<Record<"cosine" | "dot" | "cosine_centred", Scored>> & {
      readonly id: number;
    })[];
    readonly analogies: readonly (Readonly<Record<"a" | "b" | "c", number>> &
      Readonly<Record<"raw" | "unit", Scored>>)[];
  };
  readonly neuron?: {
    readonly layer: number;
    readonly neuron: number;
    readonly ids: readonly number[];
    readonly activations: Nested;
    readonly top_positions: readonly (readonly [position: number, id: number, value: number])[];
    readonly effects_raw: Effects;
    readonly effects_through_norm: Effects;
  };
}

const folder = (name: string) => shared(`models/golden/look/${name}`);

export function expectedOf(name: string): Expected {
  const fixture = new URL(`../fixtures/look/${name}.json`, import.meta.url);
  return JSON.parse(
    readFileSync(FIXTURES.includes(name) ? fixture : `${folder(name)}/expected.json`, "utf8"),
  );
}

export function modelOf(name: string): Promise<Model> {
  const { checkpoint } = expectedOf(name);
  const path = FIXTURES.includes(name)
    ? shared(`models/golden/${checkpoint}`)
    : posix.join(folder(name), checkpoint);
  return load(path, { simd: "plain", threads: 1 });
}

const flat = (values: Nested): readonly (number | null)[] =>
  Array.isArray(values) ? values.flatMap(flat) : [values as number | null];

/** Within a share of the largest value, or of 1. An undefined number is null. */
export function expectClose(
  what: string,
  actual: ArrayLike<number> | number,
  expected: Nested,
  tolerance = 2e-5,
): void {
  const wanted = flat(expected);
  const found = typeof actual === "number" ? [actual] : Array.from(actual);
  expect(found.length, `${what}: count`).toBe(wanted.length);
  const scale = Math.max(1, ...wanted.map((value) => Math.abs(value ?? 0)));
  for (const [i, value] of wanted.entries()) {
    const own = found[i] as number;
    if (value === null) expect(own, `${what}[${i}]`).toBeNaN();
    else
      expect(Math.abs(own - value), `${what}[${i}]: ${own}, expected ${value}`).toBeLessThan(
        tolerance * scale,
      );
  }
}

/** Equal ids and ranks. */
export function expectEqual(what: string, actual: ArrayLike<number>, expected: Nested): void {
  expect(Array.from(actual), what).toEqual(flat(expected).map((value) => value ?? 0));
}
