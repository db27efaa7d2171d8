/** What a direction that is added to the residual stream changes in what comes next. */
import type { Steered } from "../../page-data.ts";
import { bars } from "../parts/bars.ts";
import { h, percent, section, short, type View } from "../parts/dom.ts";
import type { State } from "../state.ts";

const ABOUT =
  "A direction is added to the vectors of all tokens after the layers named below. The dial says how much of it: " +
  "0 is the model as it is, negative numbers take it away.";
const LISTED = 12;

export function steeringView(state: State, { effect, written }: Steered): View {
  const { layers, scales, ids, probabilities, divergence } = effect;
  const plain = scales.indexOf(0);
  const share = (scale: number, i: number) => probabilities.values[scale * ids.length + i] ?? 0;
  const slider = h("input", {
    type: "range",
    min: 0,
    max: scales.length - 1,
    step: 1,
    value: scales.indexOf(1),
    "aria-label": "Scale of the direction",
  });
  const value = h("output");
  const shown = h("div", { class: "columns", "aria-live": "polite" });
  const text = h("p", { class: "drawn" });
  const told = h("p", { class: "note" });
  const list = (name: string, scale: number, order: readonly number[]) =>
    h(
      "div",
      {},
      h("h3", {}, name),
      bars(
        name,
        order.map((i) => ({
          name: state.textOf(ids[i] ?? 0),
          value: share(scale, i),
          text: percent(share(scale, i)),
        })),
        1,
      ),
    );
  const show = () => {
    const scale = Number(slider.value);
    value.textContent = `${scales[scale]}`;
    const order = Array.from(ids.keys())
      .sort((a, b) => share(scale, b) - share(scale, a))
      .slice(0, LISTED);
    shown.replaceChildren(
      list(`Next token, direction × ${scales[scale]}`, scale, order),
      list("The same tokens without it", plain, order),
    );
    text.textContent = `It writes: ${written[scale] ?? ""}`;
    told.textContent = `KL from the model as it is: ${short(divergence.values[scale] ?? 0)} nats.`;
  };
  slider.addEventListener("input", show);
  const blocks = layers.map((blocks) => (blocks === 0 ? "the input" : `layer ${blocks - 1}`)).join(", ");
  const element = section(
    { id: "steer", name: "Steering", title: "What does the added direction change?", about: ABOUT },
    h("p", { class: "note" }, `Added after: ${blocks}.`),
    h("div", { class: "dials" }, h("label", { class: "dial" }, "Direction ×", slider, value)),
    shown,
    told,
    text,
    h("p", { class: "drawn" }, `As it is: ${written[plain] ?? ""}`),
  );
  show();
  return { element, update: () => {} };
}
