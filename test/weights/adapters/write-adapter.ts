/** Writes random adapters as PEFT does. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../../fixtures/directory-writer.ts";
import type { TensorsToWrite } from "../../fixtures/tensors.ts";
import { TestRandom } from "../../reference/random.ts";

/** Outputs and inputs of adapted layers by their names. */
export type Layers = Readonly<Record<string, readonly [outputs: number, inputs: number]>>;

/** A [rank, inputs] and B [outputs, rank] by the layer's name, with the lengths of the rows of DoRA. */
export type Matrices = ReadonlyMap<
  string,
  { readonly a: number[][]; readonly b: number[][]; readonly magnitudes: number[] | undefined }
>;

export const RANK = 3;

/** As PEFT writes it, without the fields that no test needs. */
export const configJson = {
  peft_type: "LORA",
  task_type: "CAUSAL_LM",
  r: RANK,
  lora_alpha: 6,
  lora_dropout: 0.1,
  bias: "none",
  fan_in_fan_out: false,
  target_modules: ["c_attn", "c_proj", "q_proj", "k_proj", "v_proj", "up_proj", "lm_head"],
  base_model_name_or_path: "gpt2",
  inference_mode: true,
};

/** @param changes of adapter_config.json; target_modules are those of the layers unless it has them */
export function writeAdapter(
  directory: string,
  layers: Layers,
  changes: Readonly<Record<string, unknown>> = {},
  dtype: "F32" | "F16" | "BF16" = "F32",
): Matrices {
  const random = new TestRandom(11);
  // Halves of small whole numbers, which all types hold.
  const draw = (rows: number, columns: number) =>
    random.matrix(rows, columns).map((row) => row.map((v) => Math.round(4 * v) / 16));
  const matrices = new Map(
    Object.entries(layers).map(([name, [outputs, inputs]]) => [
      name,
      {
        a: draw(RANK, inputs),
        b: draw(outputs, RANK),
        magnitudes: changes.use_dora ? draw(1, outputs).flat() : undefined,
      },
    ]),
  );
  const tensors: TensorsToWrite = Object.fromEntries(
    [...matrices].flatMap(([name, { a, b, magnitudes: m }]) => [
      ...Object.entries({ A: a, B: b }).map(([matrix, rows]) => [
        `base_model.model.${name}.lora_${matrix}.weight`,
        { dtype, shape: [rows.length, rows[0]?.length ?? 0], data: rows.flat() },
      ]),
      ...(m
        ? [[`base_model.model.${name}.lora_magnitude_vector`, { dtype, shape: [m.length], data: m }]]
        : []),
    ]),
  );
  const targets = new Set(Object.keys(layers).map((name) => name.slice(name.lastIndexOf(".") + 1)));
  mkdirSync(directory, { recursive: true });
  writeSafetensors(join(directory, "adapter_model.safetensors"), tensors);
  const config = { ...configJson, target_modules: [...targets], ...changes };
  writeFileSync(join(directory, "adapter_config.json"), JSON.stringify(config));
  return matrices;
}
