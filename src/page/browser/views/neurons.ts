/** Neurons of the feed-forward layers: when they are active, and what they write. */
import { bars } from "../parts/bars.ts";
import { signed } from "../parts/colours.ts";
import { choice, h, section, short, type View } from "../parts/dom.ts";
import { tokenStrip } from "../parts/token-strip.ts";
import { at, candidates, type State } from "../state.ts";

const ABOUT =
  "A feed-forward layer has thousands of neurons. Each is active for some contexts and then writes one vector into " +
  "the residual stream. Here are the neurons that count most for the answer, and the tokens that their vectors " +
  "raise and lower. One prompt shows only one side of a neuron.";

export function neuronsView(state: State): View {
  const { neurons } = state.data;
  let [neuron] = neurons;
  const strip = tokenStrip(
    state,
    "Tokens by the activation of the neuron",
    (position) => {
      if (neuron === undefined) return undefined;
      const most = Math.max(...neuron.activations.values.map(Math.abs), 1e-9);
      return signed(at(neuron.activations, position) / most);
    },
    (position) => (neuron === undefined ? "" : `activation ${short(at(neuron.activations, position))}`),
  );
  const names = neurons.map(({ layer, neuron }) => `layer ${layer}, neuron ${neuron}`);
  const chosen = choice("Neuron", names, 0, (index) => {
    neuron = neurons[index];
    show();
  });
  const writes = h("div", { class: "columns" });
  const show = () => {
    strip.update();
    const shown = neuron;
    if (shown === undefined) return;
    const list = (name: string, ranking: typeof shown.raises) =>
      h(
        "div",
        {},
        h("h3", {}, name),
        bars(
          name,
          candidates(ranking, 0).map(({ id, value }) => ({
            name: state.textOf(id),
            value,
            text: short(value),
          })),
        ),
      );
    writes.replaceChildren(list("Raises", shown.raises), list("Lowers", shown.lowers));
  };
  const element = section(
    { id: "neurons", name: "Neurons", title: "Which neurons count for the answer?", about: ABOUT },
    h("div", { class: "controls" }, chosen.element),
    strip.element,
    writes,
  );
  show();
  return { element, update: () => strip.update() };
}
