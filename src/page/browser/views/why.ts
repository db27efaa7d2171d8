/** What made the last token: the difference of two logits, taken apart into what each part of the model wrote. */
import type { Why } from "../../page-data.ts";
import { bars } from "../parts/bars.ts";
import { signed } from "../parts/colours.ts";
import { choice, h, section, short, type View } from "../parts/dom.ts";
import { greatest, headMap } from "../parts/head-map.ts";
import { tokenStrip } from "../parts/token-strip.ts";
import { at, type State } from "../state.ts";

const ABOUT =
  "Every head and every feed-forward layer adds a vector to the residual stream. With the scale of the final norm " +
  "held fixed, each part adds a number to the logits. The bars add up to the difference of the two logits. " +
  "Blue speaks for the first token, orange for the second.";

export function whyView(state: State, data: Why): View {
  const [token, against] = [state.textOf(data.token), state.textOf(data.against)];
  const difference = `${token} instead of ${against}`;
  const map = headMap(state, { label: `Contribution of each head to ${difference}`, grid: data.heads });
  const check = `They add up to ${data.sum.toFixed(4)}; the model's difference is ${data.logitDifference.toFixed(4)}.`;

  const methods = data.inputs;
  let method = methods[0] ?? { name: "", values: { shape: [0], values: new Float32Array() }, note: "" };
  const note = h("p", { class: "note" });
  const strip = tokenStrip(
    state,
    "Tokens by what they do for the answer",
    (position) => signed(at(method.values, position) / greatest(method.values.values)),
    (position) => short(at(method.values, position)),
  );
  const chosen = choice(
    "Tokens by",
    methods.map(({ name }) => name),
    0,
    (index) => {
      method = methods[index] ?? method;
      update();
    },
  );
  const element = section(
    { id: "why", name: "Why", title: `Why ${difference}?`, about: ABOUT },
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        {},
        h("h3", {}, "Parts in order"),
        bars(
          `Parts of the logit of ${difference}`,
          data.parts.map(({ name, value }) => ({ name, value, text: short(value) })),
        ),
        h("p", { class: "note" }, check),
      ),
      h("div", {}, h("h3", {}, "Heads"), map.element, topHeads(state, data)),
    ),
    h("h3", {}, "Tokens of the prompt"),
    h("div", { class: "controls" }, chosen.element),
    strip.element,
    note,
  );
  const selected = h("p", { class: "note" });
  element.append(selected);

  function update(): void {
    strip.update();
    map.update();
    note.textContent = method.note;
    selected.textContent = `${state.tokenAt(state.position)}: ${methods.map(({ name, values }) => `${name} ${short(at(values, state.position))}`).join(" · ")}`;
  }
  return { element, update };
}

const LISTED = 8;

function topHeads(state: State, { heads: grid, sources }: Why): HTMLElement {
  const { heads } = state.data.model;
  const order = Array.from(grid.values.keys())
    .filter((i) => !Number.isNaN(grid.values[i]))
    .sort((a, b) => Math.abs(grid.values[b] ?? 0) - Math.abs(grid.values[a] ?? 0));
  const rows = order.slice(0, LISTED).map((i) => {
    const value = grid.values[i] ?? 0;
    const source = sources.values[i] ?? -1;
    const read = source < 0 ? "" : ` ← ${state.tokenAt(source)}`;
    return { name: `L${Math.floor(i / heads)} head ${i % heads}${read}`, value, text: short(value) };
  });
  return h(
    "div",
    {},
    h("h3", {}, "Heads that count most ← what they read"),
    bars("The heads that count most", rows),
  );
}
