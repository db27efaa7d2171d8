/** `gpt look flow`: the path of a prompt through the model, for a person who has never seen one. */
import { attention } from "../../../look/attention.ts";
import { Distribution } from "../../../look/distribution.ts";
import type { Grid } from "../../../look/grid.ts";
import { lens } from "../../../look/lens.ts";
import { addedName } from "../../../look/parts.ts";
import { hiddenNames, watch } from "../../../look/watching.ts";
import { bar } from "../../terminal/heat-map.ts";
import { table } from "../../terminal/table.ts";
import { asJson, idsOf, type Looking, largest, short, tokenText } from "./looking.ts";

/** Temperatures by which the last step is shown. */
const TEMPERATURES = [0.5, 1, 2] as const;

export async function showFlow(looking: Looking): Promise<void> {
  const { engine, args, signal, output } = looking;
  const ids = idsOf(looking);
  const { layers, nEmbd, vocabSize } = engine.config;
  const branches = layers.flatMap((_, layer) => [addedName(layer, "attention"), addedName(layer, "mlp")]);
  const { kept, logits } = await watch(engine, ids, { keep: [...hiddenNames(engine), ...branches], signal });
  const maps = await attention(engine, ids, { signal });
  const said = await lens(engine, ids, { top: 1, positions: [ids.length - 1], signal });
  const blocks = layers.map((_, layer) => {
    const map = maps.layers.find((own) => own.layer === layer);
    const row = map?.mean.values.slice(-(map.mean.shape[1] as number));
    const [source] = row && maps.pool === 1 ? largest(row, 1) : [];
    return {
      layer,
      source,
      weight: source === undefined ? undefined : row?.[source],
      attention: lengthOf(kept(addedName(layer, "attention"))),
      mlp: lengthOf(kept(addedName(layer, "mlp"))),
      says: said.topIds.values[layer + 1] as number,
    };
  });
  const top = new Distribution(logits).top(args.top ?? 5);
  const probabilities = TEMPERATURES.map((temperature) => {
    const own = new Distribution(logits.map((logit) => logit / temperature));
    return { temperature, probabilities: top.map((id) => own.probability(id)) };
  });
  if (args.json) {
    const tokens = ids.map((id) => tokenText(looking, id));
    const named = top.map((id) => ({ id, token: tokenText(looking, id), logit: logits[id] }));
    return output.writeJson(asJson({ ids, tokens, blocks, top: named, probabilities }) as object);
  }
  const tokens = ids.map((id) => `${tokenText(looking, id)} ${id}`).join("  ");
  await output.write(`1. The text becomes tokens, each with its number:\n   ${tokens}\n`);
  await output.write(`2. Each token becomes a vector of ${nEmbd} numbers.\n`);
  await output.write(`3. ${layers.length} layers change the vectors. In each, attention brings news from earlier tokens,
   and a feed-forward network (MLP) works on each token. For the last token:\n\n`);
  const rows = blocks.map(({ layer, source, weight, attention, mlp, says }) => [
    `   ${layer}`,
    source === undefined ? "-" : `${tokenText(looking, ids[source] as number)} ${short(weight as number)}`,
    short(attention),
    short(mlp),
    tokenText(looking, says),
  ]);
  const titles = ["   layer", "looks most at", "attention adds", "MLP adds", "would say now"];
  await output.write(`${table([titles, ...rows], [0, 1, 4])}\n`);
  await output.write(`4. The last vector gives each of ${vocabSize} tokens a number, its logit. The softmax turns logits
   into probabilities. A temperature above 1 makes them more equal, one below 1 less:\n\n`);
  const shares = top.map((id, i) => [
    `   ${tokenText(looking, id)}`,
    short(logits[id] as number),
    ...probabilities.map(({ probabilities }) => short(probabilities[i] as number)),
    bar(probabilities[1]?.probabilities[i] as number, 20),
  ]);
  const names = ["   token", "logit", ...TEMPERATURES.map((temperature) => `at ${temperature}`), ""];
  await output.write(table([names, ...shares], [0, 5]));
}

/** L2 norm of the last row. */
function lengthOf({ shape, values }: Grid): number {
  let squares = 0;
  for (const value of values.subarray(values.length - values.length / (shape[0] as number)))
    squares += value * value;
  return Math.sqrt(squares);
}
