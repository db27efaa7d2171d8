/** `gpt look patch`: which values of one prompt bring its answer into another. */
import type { Grid } from "../../../look/grid.ts";
import { type Patching, patching } from "../../../look/patching.ts";
import { heatMap } from "../../terminal/heat-map.ts";
import { table } from "../../terminal/table.ts";
import { asJson, type Looking, largest, short, tokenNamed, tokenText } from "./looking.ts";

export async function showPatching(looking: Looking): Promise<void> {
  const { args, output, style } = looking;
  const view = await patched(looking);
  if (args.json) {
    const { clean, corrupted } = view;
    const tokens = {
      clean: clean.map((id) => tokenText(looking, id)),
      corrupted: corrupted.map((id) => tokenText(looking, id)),
    };
    return output.writeJson(asJson({ ...view, tokens }) as object);
  }
  const { token, against, cleanDifference, corruptedDifference } = view;
  await output.write(
    `${tokenText(looking, token)} less ${tokenText(looking, against)}: ${short(cleanDifference)} in the first prompt, ${short(corruptedDifference)} in the second\n\n`,
  );
  await output.write("restored by the residual stream, layers from above, positions from the left:\n");
  await output.writeStyled(`${heatMap(rowsOf(view.restored), style).join("\n")}\n\n`);
  await output.write(placesOf(looking, view));
}

/** What each part of the first prompt restores in the second. */
export async function patched(looking: Looking): Promise<Patching> {
  const { engine, args, signal, prompts } = looking;
  const [clean = [], corrupted = []] = prompts;
  using progress = looking.progress(0, "runs");
  return await patching(engine, clean, corrupted, {
    token: tokenNamed(looking, "token", args.token),
    against: tokenNamed(looking, "against", args.against),
    signal,
    onRun: (done) => progress.advance(done),
  });
}

const rowsOf = ({ shape, values }: Grid): number[][] => {
  const [count = 0, width = 0] = shape;
  return Array.from({ length: count }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);
};

/** The branches and heads that restore most. */
function placesOf(looking: Looking, view: Patching): string {
  const { corruptedDifference: worst, cleanDifference: best, clean } = view;
  const share = (metric: number) => (metric - worst) / (best - worst);
  const at = (i: number) => `${i} ${tokenText(looking, clean[i] as number)}`;
  const most = view.heads.shape[1] as number;
  const places = [
    ...Array.from(view.attention.values, (metric, i) => ({
      name: `attention ${Math.floor(i / clean.length)}`,
      place: at(i % clean.length),
      share: share(metric),
    })),
    ...Array.from(view.mlp.values, (metric, i) => ({
      name: `MLP ${Math.floor(i / clean.length)}`,
      place: at(i % clean.length),
      share: share(metric),
    })),
    ...Array.from(view.heads.values, (metric, i) => ({
      name: `head ${Math.floor(i / most)}.${i % most}`,
      place: "all",
      share: share(metric),
    })),
  ];
  const rows = largest(
    places.map(({ share }) => share),
    looking.args.top ?? 10,
  ).map((i) => {
    const { name, place, share } = places[i] as (typeof places)[number];
    return [name, short(share), place];
  });
  return table([["part", "restored", "position"], ...rows], [0, 2]);
}
