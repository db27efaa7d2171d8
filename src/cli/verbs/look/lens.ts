/** `gpt look lens`: what a model would say after each layer. */
import { type Lens, lens } from "../../../look/lens.ts";
import { bar } from "../../terminal/heat-map.ts";
import { table } from "../../terminal/table.ts";
import { asJson, checkBelow, idsOf, type Looking, short, tokenText } from "./looking.ts";

export async function showLens(looking: Looking): Promise<void> {
  const { engine, args, signal, output } = looking;
  const ids = idsOf(looking);
  const { position = ids.length - 1, top = 5 } = args;
  checkBelow("position", position, ids.length);
  if (args.layer !== undefined) checkBelow("layer", args.layer, engine.config.layers.length + 1);
  const positions = args.json && args.position === undefined ? undefined : [position];
  const view = await lens(engine, ids, { top, positions, signal });
  if (args.json) {
    const tokens = ids.map((id) => tokenText(looking, id));
    return output.writeJson(asJson({ ...view, tokens, topTokens: topTokens(looking, view) }) as object);
  }
  await output.write(layersOf(looking, view, ids[position + 1]));
}

/** The tokens of all cells by their ids. */
function topTokens(looking: Looking, { topIds }: Lens): Record<string, string> {
  const ids = [...new Set(topIds.values)];
  return Object.fromEntries(ids.map((id) => [`${id}`, tokenText(looking, id)]));
}

/** A line for each layer, the last one at the top, as far as --layer does not choose one. */
function layersOf(looking: Looking, view: Lens, next: number | undefined): string {
  const [count = 0, , top = 0] = view.topIds.shape;
  const title = ["layer", "", "", "likeliest", "entropy", "KL", "rank"];
  const rows = [];
  for (let layer = count - 1; layer >= 0; layer--) {
    if (looking.args.layer !== undefined && looking.args.layer !== layer) continue;
    const [first = 0, ...others] = view.topIds.values.subarray(layer * top, (layer + 1) * top);
    const probability = view.topProbabilities.values[layer * top] as number;
    const rank = next === undefined ? view.finalRank : view.rank;
    rows.push([
      `${layer}`,
      `${short(probability)}`,
      bar(probability, 10),
      [first, ...others].map((id) => tokenText(looking, id)).join(" "),
      short(view.entropy.values[layer] as number),
      short(view.divergence.values[layer] as number),
      `${rank.values[layer]}`,
    ]);
  }
  const decided = decidedAt(view, count);
  const of = next === undefined ? "the last layer's answer" : `the next token, ${tokenText(looking, next)}`;
  return `${table([title, ...rows], [2, 3])}\nrank is that of ${of}. From layer ${decided} on the answer is the last one.\n`;
}

/** The first layer from which on the likeliest token is that of the last. */
function decidedAt({ finalRank }: Lens, count: number): number {
  let layer = count - 1;
  while (layer > 0 && finalRank.values[layer - 1] === 1) layer--;
  return layer;
}
