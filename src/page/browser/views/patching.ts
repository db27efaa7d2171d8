/** Where two prompts differ inside the model: parts of one that bring its answer into the other. */
import type { Grid } from "../../../look/grid.ts";
import type { Patching } from "../../../look/patching.ts";
import { withAxes } from "../parts/axes.ts";
import { bars } from "../parts/bars.ts";
import { signed } from "../parts/colours.ts";
import { choice, h, percent, section, short, type View } from "../parts/dom.ts";
import { headMap } from "../parts/head-map.ts";
import { HeatMap } from "../parts/heat-map.ts";
import { at, type State } from "../state.ts";

const ABOUT =
  "The model runs the second prompt. At one place its values are replaced by those of the first prompt. 100%: the " +
  "answer becomes that of the first prompt, so what tells the prompts apart goes through this place. 0%: nothing " +
  "changes.";
const LISTED = 8;

export function patchingView(state: State, view: Patching): View {
  const { clean, token, against, cleanDifference: best, corruptedDifference: worst } = view;
  const shareOf = ({ shape, values }: Grid): Grid => ({
    shape,
    values: values.map((metric) => (metric - worst) / (best - worst)),
  });
  const kinds = [
    { name: "the whole vector of a token", grid: shareOf(view.residual), isStream: true },
    { name: "what attention adds", grid: shareOf(view.attention), isStream: false },
    { name: "what the feed-forward part adds", grid: shareOf(view.mlp), isStream: false },
  ] as const;
  let kind: (typeof kinds)[number] = kinds[0];
  const place = h("div", { class: "large wide patches" });
  const told = h("p", { "aria-live": "polite" });
  const rowName = (row: number) =>
    kind.isStream ? (row === 0 ? "input" : `layer ${row - 1}`) : `layer ${row}`;
  const tell = (row?: number, column?: number) => {
    const [own, position] = [
      row ?? state.selection.layer + (kind.isStream ? 1 : 0),
      column ?? state.position,
    ];
    told.textContent = `${rowName(own)}, ${state.tokenAt(position)}: ${percentSigned(at(kind.grid, own, position))} restored`;
  };
  let map: HeatMap;
  const draw = () => {
    const [rows = 0, columns = 0] = kind.grid.shape;
    map = new HeatMap({
      label: "Share of the answer that each place restores",
      rows,
      columns,
      colour: (row, column) => signed(at(kind.grid, row, column)),
      hover: (row, column) => {
        state.hover(column);
        tell(row, column);
      },
      choose: (row, position) =>
        state.choose({ position, layer: Math.max(0, kind.isStream ? row - 1 : row) }),
    });
    map.draw();
    const names = Array.from({ length: rows }, (_, row) => rowName(row));
    const tokens = clean.map((id) => state.textOf(id));
    place.replaceChildren(withAxes(map.element, { rows: names, columns: tokens }));
  };
  const chosen = choice(
    "Replace",
    kinds.map(({ name }) => name),
    0,
    (index) => {
      kind = kinds[index] ?? kinds[0];
      draw();
      update();
    },
  );
  const heads = headMap(state, {
    label: "Share that each head restores, at all tokens together",
    grid: shareOf(view.heads),
    text: (value) => `${percentSigned(value)} restored`,
  });
  const difference = `${state.textOf(token)} less ${state.textOf(against)}`;
  const element = section(
    { id: "patch", name: "Patching", title: "Where does the difference of two prompts lie?", about: ABOUT },
    prompts(state, view),
    h("p", {}, `Logit of ${difference}: ${short(best)} in the first prompt, ${short(worst)} in the second.`),
    h("div", { class: "controls" }, chosen.element),
    place,
    told,
    h(
      "div",
      { class: "columns" },
      h("div", {}, h("h3", {}, "Heads, at all tokens together"), heads.element),
      h("div", {}, h("h3", {}, "Heads that restore most"), topHeads(shareOf(view.heads))),
    ),
  );
  function update(): void {
    map.mark(state.selection.layer + (kind.isStream ? 1 : 0), state.position);
    tell();
    heads.update();
  }
  draw();
  return { element, update };
}

/** The prompts above each other; tokens that differ are marked. */
function prompts(state: State, { clean, corrupted }: Patching): HTMLElement {
  const row = (name: string, ids: readonly number[], others: readonly number[]) => {
    const cells = ids.map((id, i) => h("td", { class: id === others[i] ? "" : "differs" }, state.textOf(id)));
    return h("tr", {}, h("th", { scope: "row" }, name), ...cells);
  };
  const rows = [row("first", clean, corrupted), row("second", corrupted, clean)];
  return h("div", { class: "scroll" }, h("table", { class: "lens" }, ...rows));
}

function topHeads({ shape, values }: Grid): HTMLElement {
  const [, most = 1] = shape;
  const rows = Array.from(values, (value, i) => ({
    name: `layer ${Math.floor(i / most)} head ${i % most}`,
    value,
    text: percentSigned(value),
  }))
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return bars("Heads that restore most", rows.slice(0, LISTED));
}

const percentSigned = (share: number): string => (share < 0 ? `−${percent(-share)}` : percent(share));
