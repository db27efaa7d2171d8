/** Table of `gpt train --presets`. */
import { CAPACITY } from "../../../compute/memory/memory.ts";
import { countParameters } from "../../../model/parameters.ts";
import { resolveHyperparameters } from "../../../train/hyperparameters.ts";
import { trainingMemory } from "../../../train/memory-plan.ts";
import { decoderOfShape, type ShapeFamily } from "../../../train/new-model/model-shape.ts";
import { PRESET_NAMES, PRESETS, type PresetName, usualBatch } from "../../../train/new-model/presets.ts";
import { approximately, bytes, thousands } from "../../terminal/format.ts";
import { table } from "../../terminal/table.ts";

const HEAD = ["preset", "layers", "heads", "width", "context", "vocabulary", "parameters", "batch", "memory"];

/** Tokens that go through the model together. The gradients of a larger batch add up. */
const { microBatchTokens } = resolveHyperparameters({ steps: 1 });

/** Sizes, parameters, and the memory of training with the usual batch. */
export function presetTable(family: ShapeFamily): string {
  const rows = PRESET_NAMES.map((name) => presetRow(name, family));
  return table([HEAD, ...rows.map(({ cells }) => cells)]) + notes(rows);
}

interface PresetRow {
  readonly name: PresetName;
  readonly cells: readonly string[];
  readonly fits: boolean;
}

function presetRow(name: PresetName, family: ShapeFamily): PresetRow {
  const { layers, heads, width, context, vocabulary } = PRESETS[name];
  const config = decoderOfShape({ ...PRESETS[name], family });
  const batch = usualBatch(context);
  const { parameters: weights, activations } = trainingMemory(config, microBatchTokens);
  const memory = weights + activations;
  const sizes = [layers, heads, width, context, vocabulary].map(thousands);
  const parameters = approximately(countParameters(config).total);
  return {
    name,
    cells: [name, ...sizes, parameters, String(batch), bytes(memory)],
    fits: memory <= CAPACITY,
  };
}

function notes(rows: readonly PresetRow[]): string {
  const tooLarge = rows.filter(({ fits }) => !fits).map(({ name }) => name);
  const lines = ["memory: weights, gradients, both moments of AdamW, and the activations of a batch"];
  if (tooLarge.length > 0)
    lines.push(`too large for the ${bytes(CAPACITY)} there are: ${tooLarge.join(", ")}`);
  return `\n${lines.join("\n")}\n`;
}
