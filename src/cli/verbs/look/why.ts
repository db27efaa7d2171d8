/** `gpt look why`: what made a token likely: parts of the model, and tokens of the text. */
import { type Attribution, attribution } from "../../../look/attribution/attribution.ts";
import { topOf } from "../../../look/distribution.ts";
import { gradients } from "../../../look/gradients/gradients.ts";
import { type Baseline, integratedGradients } from "../../../look/gradients/integrated-gradients.ts";
import { leaveOneOut } from "../../../look/gradients/leave-one-out.ts";
import { table } from "../../terminal/table.ts";
import { asJson, idsOf, type Looking, largest, short, tokenNamed, tokenText } from "./looking.ts";

const STEPS = 32;

export async function showWhy(looking: Looking): Promise<void> {
  const { engine, args, signal, output } = looking;
  const ids = idsOf(looking);
  const options = {
    token: tokenNamed(looking, "token", args.token),
    against: tokenNamed(looking, "against", args.against),
    signal,
  };
  const parts = await attribution(engine, ids, options);
  const score = { token: parts.token, against: parts.against };
  const steps = args.steps ?? STEPS;
  using progress = looking.progress(steps, "steps");
  const baseline = baselineOf(looking);
  const slopes = await gradients(engine, ids, score, signal);
  const onStep = (done: number) => progress.advance(done);
  const integrated = await integratedGradients(engine, ids, score, { baseline, steps, signal, onStep });
  const without = ids.length > 1 ? await leaveOneOut(engine, ids, score, 0, signal) : undefined;
  progress.stop();
  const alternatives = await likeliest(looking, 5);
  if (args.json) {
    const tokens = ids.map((id) => tokenText(looking, id));
    const all = {
      tokens,
      attribution: parts,
      gradients: slopes,
      integrated,
      leaveOneOut: without,
      alternatives,
    };
    return output.writeJson(asJson(all) as object);
  }
  const { token, against, logit, sum } = parts;
  const asked = against === undefined ? "" : ` rather than ${tokenText(looking, against)}`;
  const answers = alternatives.map(({ id }) => tokenText(looking, id)).join(" ");
  await output.write(
    `why ${tokenText(looking, token)}${asked}: the logits differ by ${short(logit)}\nlikeliest: ${answers}\n\n`,
  );
  const rows = ids.map((id, i) => [
    `${i}`,
    tokenText(looking, id),
    ...[slopes.gradientXInput, integrated.attributions, without?.removed].map((grid) =>
      grid ? short(grid.values[i] as number) : "-",
    ),
  ]);
  await output.write(table([["", "token", "gradient x input", "integrated", "left out"], ...rows], [1]));
  const { sum: whole, difference, gap } = integrated;
  await output.write(
    `\nintegrated: the shares add up to ${short(whole)}, the difference is ${short(difference)}: a gap of ${gap.toPrecision(2)}\n\n`,
  );
  await output.write(partsOf(looking, parts));
  await output.write(
    `\nthe parts add up to ${short(sum)}: ${Math.abs(sum - logit).toExponential(1)} off the logits\n`,
  );
}

/** Where integrated gradients begin. */
export const baselineOf = ({ args: { baseline } }: Pick<Looking, "args">): Baseline =>
  baseline === "zero" || baseline === "positions" ? { kind: baseline } : { kind: "id", id: 0 };

async function likeliest({ engine, signal, ...looking }: Looking, count: number) {
  const session = engine.createSession();
  try {
    const logits = await session.append(idsOf(looking), { signal });
    return topOf(logits, count).map((id) => ({ id, logit: logits[id] as number }));
  } finally {
    await session.close();
  }
}

/** The parts with the largest shares, signed. */
function partsOf(looking: Looking, view: Attribution): string {
  const { args } = looking;
  const parts: [string, number][] = [
    ["embedding", view.embedding],
    ["position", view.position],
    ["biases of the ends", view.embeddingBias + view.finalNormBias + view.headBias],
    ...view.layers.flatMap(
      ({ layer, heads, mixer, mlp, attentionBias, mlpBias, other }): [string, number][] => [
        ...Array.from(heads.values, (share, head): [string, number] => [`head ${layer}.${head}`, share]),
        [`recurrent layer ${layer}`, mixer],
        [`MLP ${layer}`, mlp],
        [`biases of layer ${layer}`, attentionBias + mlpBias + other],
      ],
    ),
  ];
  const rows = largest(
    parts.map(([, share]) => share),
    args.top ?? 10,
  ).flatMap((i) => {
    const [name, share] = parts[i] as [string, number];
    return share === 0 ? [] : [[name, short(share), sourceOf(looking, view, name)]];
  });
  const neurons = view.topNeurons
    .slice(0, 3)
    .map(({ layer, neuron, share }) => [`neuron ${layer}.${neuron}`, short(share), ""]);
  return table([["part", "share", "read from"], ...rows, ...neurons], [0, 2]);
}

/** The token that a head read most of its share from. */
function sourceOf(looking: Looking, { layers, ids }: Attribution, name: string): string {
  const [, layer, head] = /^head (\d+)\.(\d+)$/.exec(name) ?? [];
  const sources = layers[Number(layer)]?.headsBySource;
  if (layer === undefined || sources === undefined) return "";
  const row = sources.values.subarray(Number(head) * ids.length, (Number(head) + 1) * ids.length);
  const [at = 0] = largest(row, 1);
  return `${at} ${tokenText(looking, ids[at] as number)}`;
}
