/** How much each token surprises the model, and what it expected instead. */

import { bars } from "../parts/bars.ts";
import { ramp } from "../parts/colours.ts";
import { button, h, percent, section, short, type View } from "../parts/dom.ts";
import { sparkline } from "../parts/sparkline.ts";
import { tokenStrip } from "../parts/token-strip.ts";
import { at, candidates, type State } from "../state.ts";

/** Bits of the fullest colour: a token that one in 4,096 guesses finds. */
const MOST_BITS = 12;
const LISTED = 8;

/** @param nats NaN for a token that nothing predicts */
export const surpriseColour = (nats: number) =>
  Number.isNaN(nats) ? undefined : ramp(nats / Math.LN2 / MOST_BITS);

const ABOUT =
  "Each token is coloured by its surprisal: -log2 of the probability that the model gave it after the tokens " +
  "before it. 0 bits: it was certain. Each further bit halves the probability.";

export function tokensView(state: State): View {
  const { nats, rank, entropy, topIds, topProbabilities, loss } = state.data.surprisal;
  const alternatives = { ids: topIds, values: topProbabilities };
  const told = (position: number) => {
    const value = at(nats, position);
    if (Number.isNaN(value)) return "nothing comes before it";
    return `${short(value / Math.LN2)} bits, rank ${at(rank, position).toLocaleString("en")}, ${short(at(entropy, position) / Math.LN2)} bits expected`;
  };
  const strip = tokenStrip(
    state,
    "Tokens by surprisal",
    (position) => surpriseColour(at(nats, position)),
    told,
  );
  const line = sparkline("Surprisal of each token", nats.values, (position) => state.choose({ position }));
  const detail = h("div", { class: "detail" });
  const summary = h(
    "p",
    {},
    `${nats.values.length - 1} tokens were predicted, with ${short(loss / Math.LN2)} bits on average: perplexity ${short(Math.exp(loss))}.`,
  );
  const element = section(
    { id: "tokens", name: "Surprise", title: "Which tokens surprise the model?", about: ABOUT },
    strip.element,
    line.element,
    summary,
    h(
      "div",
      { class: "columns" },
      detail,
      h("div", {}, h("h3", {}, "Most surprising"), mostSurprising(state)),
    ),
  );

  return {
    element,
    update() {
      strip.update();
      line.mark(state.position);
      const { position } = state;
      const likely = candidates(alternatives, position);
      const isFirst = Number.isNaN(at(nats, position));
      const own = state.data.ids[position];
      const rows = likely.map(({ id, value }) => ({
        name: id === own ? `${state.textOf(id)} ←` : state.textOf(id),
        value,
        text: percent(value),
      }));
      detail.replaceChildren(
        h("h3", {}, `In place of ${state.tokenAt(position)}`),
        h("p", {}, told(position)),
        isFirst ? "" : bars(`What was likely in place of ${state.tokenAt(position)}`, rows, 1),
      );
    },
  };
}

function mostSurprising(state: State): HTMLElement {
  const { nats } = state.data.surprisal;
  const order = Array.from(nats.values.keys())
    .filter((position) => !Number.isNaN(at(nats, position)))
    .sort((a, b) => at(nats, b) - at(nats, a));
  const items = order.slice(0, LISTED).map((position) => {
    const name = `${state.tokenAt(position)} (${short(at(nats, position) / Math.LN2)} bits)`;
    return h(
      "li",
      {},
      button(name, () => state.choose({ position }), { class: "link" }),
    );
  });
  return h("ol", { class: "list" }, ...items);
}
