/** Where the tokens of the prompt and their neighbours lie in the table of embeddings. */
import type { Embeddings } from "../../page-data.ts";
import { bars } from "../parts/bars.ts";
import { choice, h, percent, section, short, type View } from "../parts/dom.ts";
import { at, candidates, type State } from "../state.ts";

const ABOUT =
  "A token enters the model as a row of a table. Tokens that are used alike have rows that point the same way. " +
  "Blue tokens are in the text, orange ones are the nearest to the chosen token.";
const UMAP_NOTE = "UMAP keeps neighbours near each other. How far groups lie from each other means little.";

export function embeddingsView(state: State, view: Embeddings): View {
  const { places, ids, explained, umap, of, neighbours } = view;
  const own = new Set(state.data.ids);
  const points = Array.from(ids, (id) => {
    const point = h("span", { class: own.has(id) ? "point own" : "point" }, state.textOf(id));
    const position = state.data.ids.indexOf(id);
    if (position >= 0) {
      point.addEventListener("pointerenter", () => state.hover(position));
      point.addEventListener("pointerleave", () => state.hover(undefined));
      point.addEventListener("click", () => state.choose({ position }));
    }
    return { id, point };
  });
  const [first = 0, second = 0] = explained;
  const components = `Two components have ${percent(first + second)} of the variance of these rows: the other distances are lost.`;
  const maps = [
    ...(umap === undefined ? [] : [{ name: "UMAP: neighbours stay near", places: umap, note: UMAP_NOTE }]),
    { name: "principal components", places, note: components },
  ];
  const note = h("p", { class: "note" });
  const place = (index: number) => {
    const chosen = maps[index] ?? maps[0];
    if (chosen === undefined) return;
    const [x, y] = [0, 1].map((axis) => scale(Array.from(ids, (_, i) => at(chosen.places, i, axis))));
    for (const [i, { point }] of points.entries()) {
      point.style.left = `${x?.(at(chosen.places, i, 0))}%`;
      point.style.top = `${100 - (y?.(at(chosen.places, i, 1)) ?? 0)}%`;
    }
    note.textContent = chosen.note;
  };
  place(0);
  const kinds = choice(
    "Map",
    maps.map(({ name }) => name),
    0,
    place,
  );
  const map = h(
    "div",
    { class: "scatter", role: "img", "aria-label": "Map of embeddings" },
    ...points.map(({ point }) => point),
  );
  const detail = h("div", { class: "detail" });
  const element = section(
    { id: "embeddings", name: "Embeddings", title: "Which tokens are alike?", about: ABOUT },
    h("div", { class: "controls" }, kinds.element),
    h("div", { class: "columns" }, h("div", { class: "wide" }, map, note), detail),
  );
  return {
    element,
    update() {
      const { position } = state;
      const near = candidates(neighbours, of.indexOf(state.data.ids[position] ?? 0));
      const names = new Set(near.map(({ id }) => id));
      for (const { id, point } of points) {
        point.classList.toggle("chosen", id === state.data.ids[position]);
        point.classList.toggle("near", names.has(id));
      }
      detail.replaceChildren(
        h("h3", {}, `Nearest to ${state.tokenAt(position)}`),
        bars(
          "Neighbours by cosine",
          near.map(({ id, value }) => ({ name: state.textOf(id), value, text: short(value) })),
          1,
        ),
      );
    },
  };
}

/** Places from 4% to 90% of the width. */
function scale(values: readonly number[]): (value: number) => number {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return (value) => 4 + (86 * (value - least)) / Math.max(1e-9, most - least);
}
