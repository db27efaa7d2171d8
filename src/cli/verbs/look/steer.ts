/** `gpt look steer`: a direction from one prompt to another, or of a file, added while a text is written. */
import type { LanguageModel } from "../../../library/language-model.ts";
import { topOf } from "../../../look/distribution.ts";
import { readControlVector, writeControlVector } from "../../../look/steering/control-vector.ts";
import { directionsBetween, type Steering, steered } from "../../../look/steering/steering.ts";
import { scaled, steeringEffect } from "../../../look/steering/steering-effect.ts";
import type { Steered } from "../../../page/page-data.ts";
import { visibleText } from "../../terminal/pieces.ts";
import { table } from "../../terminal/table.ts";
import { checkBelow, type Looking, short, tokenText } from "./looking.ts";

export async function showSteering(looking: Looking): Promise<void> {
  const { args, output, prompts } = looking;
  const [ids = []] = prompts;
  const top = args.top ?? 10;
  const { effect, written } = await steering(looking, [0, 1], top);
  const count = effect.ids.length;
  const [before, probabilities] = [0, 1].map((s) =>
    effect.probabilities.values.subarray(s * count, (s + 1) * count),
  ) as [Float32Array, Float32Array];
  const rows = topOf(probabilities, top).map((i) => ({
    id: effect.ids[i] as number,
    token: tokenText(looking, effect.ids[i] as number),
    probability: probabilities[i] as number,
    before: before[i] as number,
  }));
  const [plain = "", steered = ""] = written;
  if (args.json) {
    const { layers, divergence } = effect;
    const texts = { steered, plain };
    return output.writeJson({ ids, layers, divergence: divergence.values[1], top: rows, texts });
  }
  const lines = rows.map(({ token, probability, before }) => [token, short(probability), short(before)]);
  await output.write(table([["next", "steered", "before"], ...lines]));
  if (looking.model.hasTokenizer) await output.write(`\nsteered: ${steered}\nbefore: ${plain}\n`);
}

/** What the directions, times some scales, do to the text. Writes them to --save. */
export async function steering(looking: Looking, scales: readonly number[], top: number): Promise<Steered> {
  const { engine, args, prompts, signal } = looking;
  const [ids = []] = prompts;
  const steerings = await steeringsOf(looking);
  if (args.save !== undefined) {
    // The format has no place for what comes before the second block.
    await writeControlVector(args.save, engine.config.family, steerings);
  }
  const effect = await steeringEffect(engine, ids, steerings, { scales, top, signal });
  const written: string[] = [];
  for (const scale of scales) {
    await using other = steered(engine, scaled(steerings, scale));
    written.push(await continuation(looking, looking.over(other), ids));
  }
  return { effect, written };
}

/** What a model writes after the ids, the likeliest token each time, on one line. */
async function continuation(
  { args, signal }: Looking,
  model: LanguageModel,
  ids: readonly number[],
): Promise<string> {
  let text = "";
  const options = { temperature: 0, maxTokens: args.maxTokens ?? 32, signal };
  for await (const token of model.generate(ids, options)) text += token.text;
  return visibleText(text);
}

/** Directions by layer, times --scale: of a file, or from the first prompt to the second. */
async function steeringsOf({ engine, args, prompts }: Looking): Promise<Steering[]> {
  const { scale = 1, layer } = args;
  if (args.vector !== undefined) return readControlVector(args.vector, engine.config, scale);
  const count = engine.config.layers.length;
  if (layer !== undefined) checkBelow("layer", layer, count);
  const [from = [], to = []] = prompts;
  const directions = await directionsBetween(engine, from, to);
  return directions.flatMap((direction, blocks) => {
    const isWanted = layer === undefined ? blocks > 1 : blocks === layer + 1;
    return isWanted ? [{ layer: blocks, direction, coefficient: scale }] : [];
  });
}
