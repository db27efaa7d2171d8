/** Where the tokens of the prompt and their neighbours lie in the table of embeddings. */
import type { Embeddings } from "../../page-data.ts";
import { bars } from "../parts/bars.ts";
import { h, percent, section, short, type View } from "../parts/dom.ts";
import { at, candidates, type State } from "../state.ts";

const ABOUT =
  "A token enters the model as a row of a table. Tokens that are used alike have rows that point the same way. " +
  "The map is the view on which the rows differ most (principal components); most of the distances are lost in it.";

export function embeddingsView(state: State, { places, ids, explained, of, neighbours }: Embeddings): View {
  const own = new Set(state.data.ids);
  const [x, y] = [0, 1].map((axis) => scale(Array.from(ids, (_, i) => at(places, i, axis))));
  const points = Array.from(ids, (id, i) => {
    const point = h("span", { class: own.has(id) ? "point own" : "point" }, state.textOf(id));
    point.style.left = `${x?.(at(places, i, 0))}%`;
    point.style.top = `${100 - (y?.(at(places, i, 1)) ?? 0)}%`;
    const position = state.data.ids.indexOf(id);
    if (position >= 0) {
      point.addEventListener("pointerenter", () => state.hover(position));
      point.addEventListener("pointerleave", () => state.hover(undefined));
      point.addEventListener("click", () => state.choose({ position }));
    }
    return { id, point };
  });
  const [first = 0, second = 0] = explained;
  const map = h(
    "div",
    { class: "scatter", role: "img", "aria-label": "Map of embeddings" },
    ...points.map(({ point }) => point),
  );
  const caption = `Two components have ${percent(first + second)} of the variance of these rows.`;
  const detail = h("div", { class: "detail" });
  const element = section(
    { id: "embeddings", name: "Embeddings", title: "Which tokens are alike?", about: ABOUT },
    h(
      "div",
      { class: "columns" },
      h("div", { class: "wide" }, map, h("p", { class: "note" }, caption)),
      detail,
    ),
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
