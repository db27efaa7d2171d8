/** Where another model of the same vocabulary is more or less surprised by the text. */
import type { Compared } from "../../page-data.ts";
import { bars } from "../parts/bars.ts";
import { signed } from "../parts/colours.ts";
import { button, h, percent, section, short, type View } from "../parts/dom.ts";
import { greatest } from "../parts/head-map.ts";
import { tokenStrip } from "../parts/token-strip.ts";
import { at, candidates, type State } from "../state.ts";

/** Bits of the fullest colour, at least. */
const LEAST_BITS = 0.5;
const LISTED = 8;

export function comparisonView(state: State, { name: other, surprisal: theirs }: Compared): View {
  const { model, surprisal: own, ids } = state.data;
  const bits = (position: number) => (at(theirs.nats, position) - at(own.nats, position)) / Math.LN2;
  const told = (position: number) =>
    Number.isNaN(bits(position))
      ? "nothing comes before it"
      : `${short(at(own.nats, position) / Math.LN2)} bits for ${model.name}, ${short(at(theirs.nats, position) / Math.LN2)} for ${other}`;
  const most = Math.max(LEAST_BITS, greatest(Array.from(ids.keys(), bits)));
  const strip = tokenStrip(
    state,
    "Tokens by the difference of the surprisals",
    (position) => (Number.isNaN(bits(position)) ? undefined : signed(bits(position) / most)),
    told,
  );
  const order = Array.from(ids.keys())
    .filter((position) => !Number.isNaN(bits(position)))
    .sort((a, b) => Math.abs(bits(b)) - Math.abs(bits(a)));
  const items = order.slice(0, LISTED).map((position) => {
    const name = `${state.tokenAt(position)} (${short(bits(position))} bits)`;
    const press = () => state.choose({ position });
    return h("li", {}, button(name, press, { class: "link" }));
  });
  const detail = h("div", { class: "columns" });
  const list = (name: string, view: typeof own, position: number) =>
    h(
      "div",
      {},
      h("h3", {}, `${name} expected`),
      bars(
        `What ${name} expected`,
        candidates({ ids: view.topIds, values: view.topProbabilities }, position).map(({ id, value }) => ({
          name: id === ids[position] ? `${state.textOf(id)} ←` : state.textOf(id),
          value,
          text: percent(value),
        })),
        1,
      ),
    );
  const means = [own, theirs].map(({ loss }) => short(Math.exp(loss)));
  const element = section(
    {
      id: "compare",
      name: "Comparison",
      title: `Where does ${other} differ?`,
      about:
        `Blue: the token surprises ${other} more than ${model.name}. Orange: less. ` +
        `Perplexity of the text: ${means[0]} for ${model.name}, ${means[1]} for ${other}.`,
    },
    strip.element,
    detail,
    h("h3", {}, "Largest differences"),
    h("ol", { class: "list" }, ...items),
  );
  return {
    element,
    update() {
      strip.update();
      const { position } = state;
      const isFirst = Number.isNaN(bits(position));
      detail.replaceChildren(
        ...(isFirst
          ? [h("p", {}, told(position))]
          : [list(model.name, own, position), list(other, theirs, position)]),
      );
    },
  };
}
