/** What the model would say after every layer (nostalgebraist 2020, "interpreting GPT: the logit lens"). */
import { bars } from "../parts/bars.ts";
import { isForPaper, paint, ramp } from "../parts/colours.ts";
import { choice, h, percent, section, type View } from "../parts/dom.ts";
import { at, candidates, type State } from "../state.ts";

const ABOUT =
  "The final norm and the head read the residual stream after every layer. A cell has the likeliest next token " +
  "there. The lowest row is the model's own answer. From a thick line down the likeliest token stays that of the answer: " +
  "the model knows. Early rows may be noise: nothing trained them to be read.";
/** Columns around the chosen token. */
const COLUMNS = 40;
const PAPER_COLUMNS = 12;

interface Statistic {
  readonly name: string;
  /** Colour from 0 to 1 of a cell. */
  readonly share: (layer: number, column: number) => number;
}

export function lensView(state: State): View {
  const { lens, model } = state.data;
  const { positions } = lens;
  const columns = Math.min(isForPaper() ? PAPER_COLUMNS : COLUMNS, positions.length);
  const ranking = { ids: lens.topIds, values: lens.topProbabilities };
  const topOf = (layer: number, column: number) => candidates(ranking, layer * positions.length + column);
  const statistics: readonly Statistic[] = [
    { name: "probability of the shown token", share: (layer, column) => topOf(layer, column)[0]?.value ?? 0 },
    {
      name: "probability of the true next token",
      share: (layer, column) => Math.exp(at(lens.logProbability, layer, column)),
    },
    {
      name: "uncertainty (entropy)",
      share: (layer, column) => at(lens.entropy, layer, column) / Math.log(model.vocabulary),
    },
    {
      name: "distance to the last layer (KL)",
      share: (layer, column) => at(lens.divergence, layer, column) / 10,
    },
  ];
  let statistic = statistics[0] as Statistic;
  const names = statistics.map(({ name }) => name);
  const chosen = choice("Colour", names, 0, (index) => {
    statistic = statistics[index] as Statistic;
    drawnFrom = -1;
    update();
  });
  const table = h("table", { class: "lens" });
  const detail = h("div", { class: "detail", "aria-live": "polite" });
  const scroll = h("div", { class: "scroll" }, table);
  const controls = h("div", { class: "controls" }, chosen.element);
  const element = section(
    { id: "lens", name: "Layers", title: "After which layer does the model know?", about: ABOUT },
    detail,
    controls,
    scroll,
  );
  let drawnFrom = -1;
  let cells: { readonly position: number; readonly cell: HTMLElement }[] = [];

  function draw(from: number): void {
    cells = [];
    const shown = Array.from({ length: columns }, (_, i) => from + i);
    const positionOf = (column: number) => positions[column] ?? 0;
    const head = shown.map((column) =>
      keep(positionOf(column), h("th", { scope: "col" }, state.tokenAt(positionOf(column)))),
    );
    const rows = Array.from({ length: model.layers + 1 }, (_, layer) => {
      const row = shown.map((column) => {
        const top = topOf(layer, column);
        const position = positionOf(column);
        const cell = keep(position, h("td", {}, top[0] === undefined ? "" : state.textOf(top[0].id)));
        paint(cell, ramp(statistic.share(layer, column)));
        if (layer > 0 && layer === decidedAt(column, model.layers, topOf)) cell.classList.add("decided");
        cell.title = top.map(({ id, value }) => `${state.textOf(id)} ${percent(value)}`).join("\n");
        cell.addEventListener("click", () => state.choose({ position, layer: Math.max(0, layer - 1) }));
        return cell;
      });
      return h("tr", {}, h("th", { scope: "row" }, rowName(layer, model.layers)), ...row);
    });
    table.replaceChildren(
      h("thead", {}, h("tr", {}, h("th", {}, "after"), ...head)),
      h("tbody", {}, ...rows),
    );
  }
  function keep<E extends HTMLElement>(position: number, cell: E): E {
    cell.addEventListener("pointerenter", () => state.hover(position));
    cells.push({ position, cell });
    return cell;
  }
  table.addEventListener("pointerleave", () => state.hover(undefined));

  function update(): void {
    const middle = positions.indexOf(state.selection.position) - Math.floor(columns / 2);
    const from = Math.max(0, Math.min(positions.length - columns, middle));
    if (from !== drawnFrom) draw(from);
    drawnFrom = from;
    for (const { position, cell } of cells) cell.classList.toggle("chosen", position === state.position);
    if (state.position === state.selection.position) showColumn(state.position);
    detail.replaceChildren(...journey(state, topOf));
  }
  /** Moves the table, not the page. */
  function showColumn(position: number): void {
    const cell = cells.find((own) => own.position === position)?.cell;
    if (cell !== undefined) scroll.scrollLeft = cell.offsetLeft - scroll.clientWidth / 2;
  }
  return { element, update };
}

const rowName = (layer: number, layers: number) =>
  layer === 0 ? "input" : `layer ${layer - 1}${layer === layers ? " = output" : ""}`;

type TopOf = (layer: number, column: number) => readonly { readonly id: number }[];

/** The first layer from which on a column says what the last one says. */
function decidedAt(column: number, layers: number, topOf: TopOf): number {
  const said = topOf(layers, column)[0]?.id;
  let layer = layers;
  while (layer > 0 && topOf(layer - 1, column)[0]?.id === said) layer--;
  return layer;
}

/** From which layer on the model knows, and the way of the true next token. */
function journey(state: State, topOf: TopOf): Node[] {
  const { lens, ids, model } = state.data;
  const column = lens.positions.indexOf(state.position);
  if (column < 0)
    return [h("p", {}, "The lens does not look at this token: see the note on long texts above.")];
  const first = (layer: number) => topOf(layer, column)[0]?.id ?? 0;
  const said = first(model.layers);
  const decided = decidedAt(column, model.layers, topOf);
  const when =
    decided === 0 ? "from the input on" : `after layer ${decided - 1} (layers are 0 to ${model.layers - 1})`;
  const next = ids[state.position + 1];
  const rows = Array.from({ length: model.layers + 1 }, (_, layer) => {
    const value = Math.exp(at(lens.logProbability, layer, column));
    const text = `${percent(value)}, rank ${at(lens.rank, layer, column).toLocaleString("en")}`;
    return { name: rowName(layer, model.layers), value, text };
  });
  const truth =
    next === undefined
      ? []
      : [
          h("p", {}, `In the text ${state.textOf(next)} comes next:`),
          bars("Probability of the true next token by layer", rows, 1),
        ];
  return [
    h("h3", {}, `After ${state.tokenAt(state.position)}`),
    h(
      "p",
      { class: "answer" },
      "The model says ",
      h("b", {}, state.textOf(said)),
      ". It has it in the first place ",
      h("b", {}, when),
      ".",
    ),
    ...truth,
  ];
}
