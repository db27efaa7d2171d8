/** The loss of the text without each head, attention and feed-forward layer. */
import type { Ablation } from "../../../look/ablation.ts";
import type { Grid } from "../../../look/grid.ts";
import { bars } from "../parts/bars.ts";
import { h, section, short, type View } from "../parts/dom.ts";
import { headMap } from "../parts/head-map.ts";
import type { State } from "../state.ts";

const ABOUT =
  "Each part was left out alone, and the whole text was run again. Blue: without the part the model predicts the " +
  "text worse, so the part helps. Orange: without it the model predicts the text better. The numbers are changes " +
  "of the mean loss, in nats a token.";
const LISTED = 10;

export function ablationView(state: State, { loss, heads, attention, mlp }: Ablation): View {
  const [, most = 1] = heads.shape;
  const change = ({ shape, values }: Grid): Grid => ({ shape, values: values.map((value) => value - loss) });
  const changes = change(heads);
  const map = headMap(state, {
    label: "Change of the loss without each head",
    grid: changes,
    text: (value) => `the loss changes by ${short(value)}`,
  });
  const layers = Array.from(change(attention).values.keys(), (layer) => [
    { name: `layer ${layer} attention`, value: change(attention).values[layer] ?? 0 },
    { name: `layer ${layer} feed-forward`, value: change(mlp).values[layer] ?? 0 },
  ]).flat();
  const parts = Array.from(changes.values, (value, i) => ({
    name: `layer ${Math.floor(i / most)} head ${i % most}`,
    value,
  }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, LISTED);
  const listed = (rows: typeof parts) => rows.map((row) => ({ ...row, text: short(row.value) }));
  const element = section(
    { id: "ablate", name: "Ablation", title: "What happens without a part?", about: ABOUT },
    h("p", {}, `The loss of the whole model is ${short(loss)}.`),
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        {},
        h("h3", {}, "Whole layers"),
        bars("Change of the loss without each layer", listed(layers)),
      ),
      h(
        "div",
        {},
        h("h3", {}, "Heads"),
        map.element,
        h("h3", {}, "Heads whose absence changes most"),
        bars("Heads whose loss changes most", listed(parts)),
      ),
    ),
  );
  return { element, update: () => map.update() };
}
