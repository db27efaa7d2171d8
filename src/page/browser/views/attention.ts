/** Which tokens each head reads: a small map for every head, and the chosen one large. */
import type { Grid } from "../../../look/grid.ts";
import type { PageData } from "../../page-data.ts";
import { type Axes, numbers, withAxes } from "../parts/axes.ts";
import { bars } from "../parts/bars.ts";
import { ramp } from "../parts/colours.ts";
import { choice, h, percent, section, type View } from "../parts/dom.ts";
import { HeatMap } from "../parts/heat-map.ts";
import { tokenStrip } from "../parts/token-strip.ts";
import type { State } from "../state.ts";
import { kindsOf, strongestHeads } from "./head-kinds.ts";

const ABOUT =
  "A row is a token that reads (query), a column a token that is read (key). A row sums to 100%. Colours show " +
  "the square root, so that small shares are seen. Attention is where a head looks, not what it takes from there.";
const LISTED = 6;
/** Tokens whose names stand beside the large map. */
const MOST_NAMED = 40;
const KINDS = ["the chosen head", "mean of the layer", "rollout through all layers"];

export function attentionView(state: State, data: NonNullable<PageData["attention"]>): View {
  const { maps, rollout, copying } = data;
  const { layers, heads } = state.data.model;
  const { pool } = maps;
  const [size = 1] = maps.layers[0]?.mean.shape ?? [];
  const byLayer = Array.from({ length: layers }, (_, i) => maps.layers.find(({ layer }) => layer === i));
  let kind = 0;
  let hidesFirst = false;

  /** The share of a key cell in a query cell, of map number `index` of a grid. */
  const share = ({ values }: Grid, index: number, row: number, column: number) => {
    const first = (index * size + row) * size;
    const weight = values[first + column] ?? 0;
    if (!hidesFirst) return weight;
    return column === 0 ? 0 : weight / Math.max(1e-9, 1 - (values[first] ?? 0));
  };
  const shown = (row: number, column: number) => {
    const { layer, head } = state.selection;
    if (kind === 2) return share(rollout, (rollout.shape[0] ?? 1) - 1, row, column);
    const chosen = byLayer[layer];
    if (chosen === undefined || head >= chosen.heads) return 0;
    return kind === 1 ? share(chosen.mean, 0, row, column) : share(chosen.weights, head, row, column);
  };
  const colour = (value: number, row: number, column: number) =>
    column > row ? undefined : ramp(Math.sqrt(value));

  const small = byLayer.flatMap((own, layer) =>
    Array.from({ length: own?.heads ?? 0 }, (_, head) => {
      const map = new HeatMap({
        label: `Attention of layer ${layer}, head ${head}`,
        rows: size,
        columns: size,
        colour: (row, column) =>
          own === undefined ? undefined : colour(share(own.weights, head, row, column), row, column),
        choose: () => state.choose({ layer, head }),
      });
      const cell = h("div", { class: "cell", title: `layer ${layer}, head ${head}` }, map.element);
      cell.style.gridArea = `${layer + 1} / ${head + 1}`;
      return { layer, head, map, cell };
    }),
  );
  const large = new HeatMap({
    label: "Attention of the chosen head",
    rows: size,
    columns: size,
    colour: (row, column) => colour(shown(row, column), row, column),
    hover: (row) => state.hover(row === undefined ? undefined : row * pool),
    choose: (row) => state.choose({ position: row * pool }),
  });
  const cellOf = (position: number) => Math.floor(position / pool);
  const read = (column: number) => shown(cellOf(state.position), cellOf(column)) / pool;
  const strip = tokenStrip(
    state,
    "Tokens that the chosen token reads",
    (column) => (column > state.position ? undefined : ramp(Math.sqrt(read(column)))),
    (column) => (column > state.position ? "comes later" : `${percent(read(column))} of the attention`),
  );

  const label = "Heads: a row is a layer";
  const grid = h(
    "div",
    { class: "heads", role: "group", "aria-label": label },
    ...small.map(({ cell }) => cell),
  );
  grid.style.gridTemplateColumns = `repeat(${heads}, minmax(1.4rem, 1fr))`;
  const axes = { rows: numbers(layers), columns: numbers(heads), corner: "layer ↓ head →" };
  const title = h("h3", { "aria-live": "polite" });
  const detail = h("div", { class: "detail" });
  const modes = choice("Show", KINDS, kind, (index) => {
    kind = index;
    redraw();
  });
  const first = h("input", { type: "checkbox" });
  first.addEventListener("change", () => {
    hidesFirst = first.checked;
    redraw();
  });
  const rest = h(
    "label",
    {},
    first,
    " leave out the first token, where most heads look when they have nothing to do",
  );
  const element = section(
    { id: "attention", name: "Attention", title: "Which tokens does each head read?", about: ABOUT },
    strongestHeads(state, maps, copying),
    h("div", { class: "controls" }, modes.element, rest),
    h(
      "div",
      { class: "columns" },
      h("div", {}, h("h3", {}, "All heads"), withAxes(grid, axes)),
      h("div", {}, title, h("div", { class: "large" }, withAxes(large.element, tokenAxes(state, size)))),
    ),
    strip.element,
    detail,
  );

  let drawn = "";
  function redraw(): void {
    drawn = "";
    for (const { map } of small) map.draw();
    update();
  }
  function update(): void {
    const { layer, head } = state.selection;
    const key = `${layer} ${head}`;
    if (key !== drawn) large.draw();
    drawn = key;
    for (const { cell, ...own } of small)
      cell.classList.toggle("chosen", own.layer === layer && own.head === head);
    large.mark(cellOf(state.position), 0, 1, size);
    strip.update();
    const names = ["", ", mean of its heads", ""];
    const chosen = `Layer ${layer}${kind === 0 ? `, head ${head}${kindsOf(maps, layer, head)}` : names[kind]}`;
    title.textContent = kind === 2 ? "Rollout" : chosen;
    detail.replaceChildren(h("h3", {}, `${state.tokenAt(state.position)} reads`), mostRead());
  }
  function mostRead(): HTMLElement {
    const columns = Array.from({ length: state.position + 1 }, (_, column) => ({
      column,
      value: read(column),
    }));
    const rows = columns.sort((a, b) => b.value - a.value).slice(0, LISTED);
    const nameOf = (column: number) => `${state.tokenAt(column)} (${column})`;
    return bars(
      "Tokens read most",
      rows.map(({ column, value }) => ({ name: nameOf(column), value, text: percent(value) })),
      1,
    );
  }
  for (const { map } of small) map.draw();
  return { element, update };
}

/** The tokens at both sides of a map, as long as they can be read. */
function tokenAxes(state: State, size: number): Axes {
  if (size !== state.data.ids.length || size > MOST_NAMED) return { rows: [], columns: [] };
  const names = Array.from({ length: size }, (_, position) => state.tokenAt(position));
  return { rows: names, columns: names };
}
