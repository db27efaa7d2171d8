/** `gpt look steer`: a direction from one prompt to another, or of a file, added while a text is written. */
import type { LanguageModel } from "../../../library/language-model.ts";
import { readControlVector, writeControlVector } from "../../../look/control-vector.ts";
import { Distribution } from "../../../look/distribution.ts";
import { directionsBetween, type Steering, steered } from "../../../look/steering.ts";
import { watch } from "../../../look/watching.ts";
import { visibleText } from "../../terminal/pieces.ts";
import { table } from "../../terminal/table.ts";
import { checkBelow, type Looking, short, tokenText } from "./looking.ts";

export async function showSteering(looking: Looking): Promise<void> {
  const { engine, args, output, prompts, signal } = looking;
  const { config } = engine;
  const steerings = await steeringsOf(looking);
  if (args.save !== undefined) {
    // The format has no place for what comes before the second block.
    await writeControlVector(args.save, config.family, steerings);
  }
  const [ids = []] = prompts;
  const plain = new Distribution((await watch(engine, ids, { signal })).logits);
  await using other = steered(engine, steerings);
  const after = new Distribution((await watch(other, ids, { signal })).logits);
  const rows = after.top(args.top ?? 10).map((id) => ({
    id,
    token: tokenText(looking, id),
    probability: after.probability(id),
    before: plain.probability(id),
  }));
  const texts = {
    steered: await written(looking, looking.over(other), ids),
    plain: await written(looking, looking.model, ids),
  };
  if (args.json) {
    const layers = steerings.map(({ layer }) => layer);
    return output.writeJson({ ids, layers, divergence: plain.divergence(after), top: rows, texts });
  }
  const lines = rows.map(({ token, probability, before }) => [token, short(probability), short(before)]);
  await output.write(table([["next", "steered", "before"], ...lines]));
  if (looking.model.hasTokenizer) await output.write(`\nsteered: ${texts.steered}\nbefore: ${texts.plain}\n`);
}

/** What a model writes after the ids, the likeliest token each time, on one line. */
async function written(
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
