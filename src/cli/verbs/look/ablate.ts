/** `gpt look ablate`: the loss of a text without heads, attentions, MLPs. */
import { GptError } from "../../../errors.ts";
import { type Ablation, ablation, lossWith, type Without, withoutParts } from "../../../look/ablation.ts";
import { headCounts } from "../../../look/parts.ts";
import { surprisal } from "../../../look/surprisal.ts";
import { table } from "../../terminal/table.ts";
import { asJson, checkBelow, idsOf, type Looking, largest, short } from "./looking.ts";

export async function showAblation(looking: Looking): Promise<void> {
  const { args, output } = looking;
  if (idsOf(looking).length < 2)
    throw new GptError("usage", "gpt look ablate: a text of at least two tokens is needed");
  if (args.without !== undefined) return leaveOut(looking, args.without);
  const view = await ablated(looking);
  if (args.json) return output.writeJson(asJson(view) as object);
  await output.write(`loss ${short(view.loss)}\n\n${partsOf(view, args.top ?? 10)}`);
}

/** The losses without each part. */
export async function ablated(looking: Looking): Promise<Ablation> {
  const { engine, args, signal } = looking;
  using progress = looking.progress(0, "runs");
  return await ablation(engine, idsOf(looking), {
    by: args.mean ? "mean" : "zero",
    signal,
    onRun: (done) => progress.advance(done),
  });
}

/** The parts without which the loss changes most. */
function partsOf({ loss, heads, attention, mlp }: Ablation, top: number): string {
  const most = heads.shape[1] as number;
  const parts = [
    ...Array.from(heads.values, (own, i) => ({ name: `head ${Math.floor(i / most)}.${i % most}`, own })),
    ...Array.from(attention.values, (own, layer) => ({ name: `attention ${layer}`, own })),
    ...Array.from(mlp.values, (own, layer) => ({ name: `MLP ${layer}`, own })),
  ];
  const rows = largest(
    parts.map(({ own }) => own - loss),
    top,
  ).map((i) => {
    const { name, own } = parts[i] as (typeof parts)[number];
    return [name, short(own), short(own - loss)];
  });
  return table([["without", "loss", "change"], ...rows]);
}

async function leaveOut(looking: Looking, given: string): Promise<void> {
  const { engine, args, signal, output } = looking;
  const ids = idsOf(looking);
  const without = partsNamed(looking, given);
  const { loss } = await surprisal(engine, ids, { signal });
  const changed = (await lossWith(engine, ids, { changes: withoutParts(engine, without), signal })).loss;
  if (args.json) return output.writeJson({ ids, ...without, loss, lossWithout: changed });
  await output.write(`loss ${short(loss)}, without ${given} ${short(changed)}\n`);
}

/** @throws GptError `usage` for other texts than heads L.H and layers L */
function partsNamed({ engine }: Looking, given: string): Without {
  const counts = headCounts(engine);
  const heads: { layer: number; head: number }[] = [];
  const layers: number[] = [];
  for (const word of given.split(",")) {
    const [, layerText, headText] = /^(\d{1,4})(?:\.(\d{1,4}))?$/.exec(word.trim()) ?? [];
    if (layerText === undefined) {
      throw new GptError(
        "usage",
        `--without: heads such as 3.1 and layers such as 5 are expected, found ${word}`,
      );
    }
    const layer = Number(layerText);
    checkBelow("--without: layer", layer, counts.length);
    if (headText === undefined) layers.push(layer);
    else {
      checkBelow(`--without: layer ${layer}, head`, Number(headText), counts[layer] as number);
      heads.push({ layer, head: Number(headText) });
    }
  }
  return { heads, layers };
}
