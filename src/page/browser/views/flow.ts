/** The path of the prompt through the model, as textbooks draw it. */
import { ramp, signed } from "../parts/colours.ts";
import { choice, h, percent, section, short, type View } from "../parts/dom.ts";
import { HeatMap } from "../parts/heat-map.ts";
import { tokenStrip } from "../parts/token-strip.ts";
import { at, type State } from "../state.ts";
import { softmaxStep } from "./softmax.ts";

/** A numbered step of the path. */
const step = (number: number, title: string, about: string, ...content: readonly (Node | string)[]) =>
  h(
    "li",
    { class: "step" },
    h("h3", {}, `${number}. ${title}`),
    h("p", { class: "about" }, about),
    ...content,
  );

const ABOUT =
  "A language model reads a text and gives every token of its vocabulary a probability to come next. Follow the " +
  "prompt from top to bottom. Point at a token to follow it.";

/** @param onDraw called with the id of a token that the reader has drawn */
export function flowView(state: State, onDraw: (id: number) => void): View {
  const { flow, model, ids: tokens } = state.data;
  const [, , entries = 1] = flow.stream.shape;
  const ids = tokenStrip(
    state,
    "Tokens of the prompt",
    () => undefined,
    (position) => `number ${tokens[position]} of ${model.vocabulary}`,
  );
  const id = h("p", { class: "note", "aria-live": "polite" });

  const most = spread(flow.stream.values);
  const mostAtEntry = spread(flow.stream.values.subarray(0, tokens.length * entries));
  const stream = new HeatMap({
    label: "The vectors of all tokens",
    rows: entries,
    columns: tokens.length,
    colour: (entry, position) => signed(at(flow.stream, 0, position, entry) / mostAtEntry),
    hover: (_, position) => state.hover(position),
    choose: (_, position) => state.choose({ position }),
  });
  stream.draw();
  const reads = tokenStrip(
    state,
    "Tokens that the chosen token reads in this layer",
    (column) => (column > state.position ? undefined : ramp(Math.sqrt(meanAttention(state, column)))),
    (column) => (column > state.position ? "comes later" : percent(meanAttention(state, column))),
  );
  const layer = choice(
    "Layer",
    Array.from({ length: model.layers }, (_, i) => `${i}`),
    state.selection.layer,
    (index) => state.choose({ layer: index }),
  );
  const added = h("p", { class: "note" });
  const deep = new HeatMap({
    label: "The vector of the chosen token after each layer",
    rows: model.layers + 1,
    columns: entries,
    colour: (row, entry) => signed(at(flow.stream, row, state.position, entry) / most),
    choose: (row) => state.choose({ layer: Math.max(0, row - 1) }),
  });
  const softmax = softmaxStep(state, onDraw);
  const element = section(
    { id: "flow", name: "Path", title: "How is the next token made?", about: ABOUT },
    h(
      "ol",
      { class: "path" },
      step(
        1,
        "Text becomes tokens",
        "The text is cut into pieces that the model knows by number. A dot is a blank.",
        ids.element,
        id,
      ),
      step(
        2,
        "Tokens become vectors",
        `Each token becomes a vector of ${model.width} numbers: its row of a table${entries < model.width ? `. Every ${Math.round(model.width / entries)}th number is drawn` : ""}. A column is a token; blue is positive, orange negative.`,
        h("div", { class: "large flat" }, stream.element),
      ),
      step(
        3,
        `${model.layers} layers change the vectors`,
        "In each layer attention lets a token take in something from the tokens before it. Darker tokens are read more.",
        h("div", { class: "controls" }, layer.element),
        reads.element,
        h(
          "p",
          { class: "about" },
          "Then the feed-forward part works on each vector by itself. Both add to the vector; nothing is replaced. A row is the vector of the chosen token after a layer, from top to bottom.",
        ),
        h("div", { class: "large flat" }, deep.element),
        added,
      ),
      step(
        4,
        "The last vector becomes scores",
        `The vector of the last token is compared with every token of the vocabulary. That gives ${model.vocabulary.toLocaleString("en")} scores, the logits. A higher score is a better fit.`,
        softmax.scores,
      ),
      step(
        5,
        "Scores become probabilities, and one token is drawn",
        "Softmax turns scores into shares of 100%. The dials change the shares before a token is drawn.",
        softmax.element,
      ),
    ),
  );
  let drawn = -1;
  return {
    element,
    update() {
      const { position, selection } = state;
      for (const view of [ids, reads]) view.update();
      id.textContent = `${state.tokenAt(position)} is token number ${tokens[position]}, at position ${position}.`;
      stream.mark(0, position, entries, 1);
      layer.show(selection.layer);
      if (drawn !== position) deep.draw();
      drawn = position;
      deep.mark(selection.layer + 1, 0, 1, entries);
      const [attention, mlp] = [0, 1].map((part) => short(at(flow.added, selection.layer, position, part)));
      added.textContent = `In layer ${selection.layer} attention adds a vector of length ${attention} to ${state.tokenAt(position)}, the feed-forward part one of length ${mlp}.`;
    },
  };
}

/** Mean over the heads of the chosen layer; models without maps of attention show none. */
function meanAttention(state: State, column: number): number {
  const { attention } = state.data;
  const layer = attention?.maps.layers.find(({ layer }) => layer === state.selection.layer);
  if (attention === undefined || layer === undefined) return 0;
  const { pool } = attention.maps;
  return at(layer.mean, Math.floor(state.position / pool), Math.floor(column / pool)) / pool;
}

/** A number that few values exceed: one outlier would leave all others without colour. */
function spread(values: Float32Array): number {
  const squares = values.reduce((sum, value) => sum + value * value, 0);
  return 2.5 * Math.sqrt(squares / Math.max(1, values.length)) || 1;
}
