/** `gpt look neurons`: where a text activates a neuron, and what the neuron writes into the logits. */
import { type Effects, neuron, strongest } from "../../../look/neurons.ts";
import { table } from "../../terminal/table.ts";
import { asJson, checkBelow, idsOf, type Looking, pieceOf, short, tokenText } from "./looking.ts";

/** Tokens before a position that are shown with it. */
const BEFORE = 8;

export async function showNeurons(looking: Looking): Promise<void> {
  const { engine, args, output } = looking;
  const ids = idsOf(looking);
  const { layer = engine.config.layers.length - 1, position = ids.length - 1, top = 10 } = args;
  checkBelow("layer", layer, engine.config.layers.length);
  checkBelow("position", position, ids.length);
  if (args.neuron === undefined) {
    const found = await strongest(engine, ids, layer, position, top);
    if (args.json) return output.writeJson({ ids, layer, position, neurons: found });
    const rows = found.map(({ neuron, activation }) => [`${layer}.${neuron}`, short(activation)]);
    return output.write(table([["neuron", "activation"], ...rows]));
  }
  const view = await neuron(engine, ids, { layer, neuron: args.neuron }, top);
  if (args.json)
    return output.writeJson(asJson({ ...view, tokens: ids.map((id) => tokenText(looking, id)) }) as object);
  const rows = view.topPositions.map((at) => {
    const context = ids.slice(Math.max(0, at - BEFORE), at + 1).map((id) => pieceOf(looking, id));
    return [`${at}`, short(view.activations.values[at] as number), context.join("")];
  });
  await output.write(`${table([["position", "activation", "text up to there"], ...rows], [2])}\n`);
  await output.write(`raises ${effect(looking, view.effectsThroughNorm, "top")}\n`);
  await output.write(`lowers ${effect(looking, view.effectsThroughNorm, "bottom")}\n`);
}

const effect = (looking: Looking, effects: Effects, end: keyof Effects): string =>
  effects[end].map(({ id, value }) => `${tokenText(looking, id)} ${short(value)}`).join("  ");
