/** `gpt look attention`: the heads of a text by what they look at, and the map of a layer or a head. */

import { GptError } from "../../../errors.ts";
import { attention, type LayerAttention } from "../../../look/attention.ts";
import { part } from "../../../look/grid.ts";
import { type HeadScores, headKind } from "../../../look/head-scores.ts";
import { rollout } from "../../../look/rollout.ts";
import { heatMap } from "../../terminal/heat-map.ts";
import { table } from "../../terminal/table.ts";
import { asJson, checkBelow, idsOf, type Looking, largest, short, tokenText } from "./looking.ts";

const SCORES = [
  "previousToken",
  "firstToken",
  "duplicateToken",
  "induction",
  "entropy",
  "distance",
] as const satisfies readonly (keyof HeadScores)[];
const TITLES = ["head", "previous", "first", "same", "induction", "entropy", "distance", "kind"];

export async function showAttention(looking: Looking): Promise<void> {
  const { engine, args, signal, output } = looking;
  const view = await attention(engine, idsOf(looking), { signal });
  const { layer: wanted, head } = args;
  const one = wanted === undefined ? undefined : layerOf(view.layers, wanted, engine.config.layers.length);
  if (one && head !== undefined) checkBelow("head", head, one.heads);
  if (args.json) {
    const layers = (one ? [one] : view.layers).map((layer) => ({ ...layer, kinds: kindsOf(layer) }));
    const all = { ...view, tokens: tokensOf(looking), layers, rollout: rollout(view) };
    return output.writeJson(asJson(all) as object);
  }
  if (view.pool > 1 && !args.quiet) {
    process.stderr.write(`a cell of the maps is ${view.pool} positions: the text is long\n`);
  }
  if (one) await output.writeStyled(mapOf(looking, one, view.pool));
  else await output.write(headsOf(looking, view.layers));
}

function layerOf(layers: readonly LayerAttention[], wanted: number, count: number): LayerAttention {
  checkBelow("layer", wanted, count);
  const found = layers.find(({ layer }) => layer === wanted);
  if (found) return found;
  throw new GptError("usage", `layer ${wanted} is recurrent: it has no attention`);
}

const kindsOf = ({ heads, scores }: LayerAttention): (string | null)[] =>
  Array.from({ length: heads }, (_, head) => headKind(scores, head) ?? null);

const tokensOf = (looking: Looking): string[] => idsOf(looking).map((id) => tokenText(looking, id));

/** The heads with the clearest scores, one a line. */
function headsOf({ args }: Looking, layers: readonly LayerAttention[]): string {
  const all = layers.flatMap(({ layer, heads, scores }) =>
    Array.from({ length: heads }, (_, head) => ({ name: `${layer}.${head}`, head, scores })),
  );
  const clear = ({ head, scores }: (typeof all)[number]) =>
    Math.max(...SCORES.slice(0, 4).map((name) => scores[name].values[head] || 0));
  const rows = largest(all.map(clear), args.top ?? 10).map((i) => {
    const { name, head, scores } = all[i] as (typeof all)[number];
    const numbers = SCORES.map((score) => short(scores[score].values[head] ?? Number.NaN));
    return [name, ...numbers, headKind(scores, head) ?? ""];
  });
  return table([TITLES, ...rows], [0, 7]);
}

/** The map of a head or of the mean of a layer, and what each token looks at most. */
function mapOf(looking: Looking, { weights, mean }: LayerAttention, pool: number): string {
  const { args, style, columns } = looking;
  const ids = idsOf(looking);
  const { shape, values } = args.head === undefined ? mean : part(weights, args.head);
  const size = shape[0] as number;
  // A terminal shows as many cells as it has columns: the last ones.
  const first = Math.max(0, size - Math.max(1, columns));
  const rows = Array.from({ length: size - first }, (_, i) =>
    Array.from({ length: size - first }, (_, j) =>
      Math.sqrt(values[(first + i) * size + first + j] as number),
    ),
  );
  const lines = heatMap(rows, style);
  if (pool > 1) return `${lines.join("\n")}\n`;
  const looks = ids.map((id, i) => {
    const row = values.subarray(i * size, i * size + i + 1);
    const most = largest(row, 3).map(
      (j) => `${j} ${tokenText(looking, ids[j] as number)} ${short(row[j] as number)}`,
    );
    return [`${i}`, tokenText(looking, id), most.join("  ")];
  });
  return `${lines.join("\n")}\n\n${table(looks, [1, 2])}`;
}
