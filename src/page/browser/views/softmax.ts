/** Scores, and the dials that make probabilities of them: with the steps of the sampler of `gpt generate`. */
import { candidatesOf, weights } from "../../../generate/sampling/candidates.ts";
import { temperature, topP } from "../../../generate/sampling/truncation.ts";
import { bars } from "../parts/bars.ts";
import { button, h, percent, short } from "../parts/dom.ts";
import type { State } from "../state.ts";

const SHOWN = 12;

/** Temperatures that are shown beside each other, and tokens that are listed there. */
const TEMPERATURES = [0.5, 1, 2] as const;
const COMPARED = 5;

interface Dials {
  temperature: number;
  topK: number;
  topP: number;
}

/** Ids and probabilities after the dials. Temperature 0 leaves the likeliest token. */
function distribution(logits: Float32Array, dials: Dials): ReadonlyMap<number, number> {
  const kept = candidatesOf(logits, dials.temperature === 0 ? 1 : dials.topK);
  const nucleus = dials.topP < 1 ? topP(dials.topP)(kept) : kept;
  const scaled =
    dials.temperature > 0 && dials.temperature !== 1 ? temperature(dials.temperature)(nucleus) : nucleus;
  const parts = weights(scaled);
  const whole = parts.reduce((sum, part) => sum + part, 0);
  return new Map(Array.from(scaled.ids, (id, i) => [id, (parts[i] ?? 0) / whole]));
}

interface Dial {
  readonly name: keyof Dials;
  readonly label: string;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly text: (value: number) => string;
}

const DIALS: readonly Dial[] = [
  {
    name: "temperature",
    label: "Temperature",
    least: 0,
    most: 3,
    step: 0.05,
    text: (value) => value.toFixed(2),
  },
  {
    name: "topK",
    label: "Top-k",
    least: 0,
    most: 50,
    step: 1,
    text: (value) => (value === 0 ? "off" : `${value}`),
  },
  {
    name: "topP",
    label: "Top-p",
    least: 0.05,
    most: 1,
    step: 0.01,
    text: (value) => (value === 1 ? "off" : value.toFixed(2)),
  },
];

export function softmaxStep(
  state: State,
  onDraw: (id: number) => void,
): { readonly scores: HTMLElement; readonly element: HTMLElement } {
  const logits = state.data.flow.logits.values;
  const dials: Dials = { temperature: 1, topK: 0, topP: 1 };
  const order = Array.from(candidatesOf(logits, SHOWN).ids).sort(
    (a, b) => (logits[b] ?? 0) - (logits[a] ?? 0),
  );
  const lowest = Math.min(...order.map((id) => logits[id] ?? 0));
  const scores = bars(
    "The highest logits",
    order.map((id) => {
      const logit = logits[id] ?? 0;
      return { name: state.textOf(id), value: logit - lowest + 0.5, text: short(logit) };
    }),
  );
  const shares = h("div", { "aria-live": "polite" });
  const said = h("p", { class: "note" });
  const drawn = h("p", { class: "drawn", "aria-live": "polite" });
  let probabilities = distribution(logits, dials);

  function show(): void {
    probabilities = distribution(logits, dials);
    const rows = order.map((id) => {
      const value = probabilities.get(id) ?? 0;
      return {
        name: state.textOf(id),
        value,
        text: value === 0 ? "never" : percent(value),
        isOut: value === 0,
      };
    });
    shares.replaceChildren(bars("Probability of each token", rows, 1));
    const listed = rows.reduce((sum, { value }) => sum + value, 0);
    said.textContent = `${probabilities.size.toLocaleString("en")} tokens can be drawn. All that are not listed have ${percent(Math.max(0, 1 - listed))} together.`;
  }
  const sliders = DIALS.map(({ name, label, least, most, step, text }) => {
    const value = h("output", {}, text(dials[name]));
    const slider = h("input", {
      type: "range",
      min: least,
      max: most,
      step,
      value: dials[name],
      "aria-label": label,
      id: `dial-${name}`,
    });
    slider.addEventListener("input", () => {
      dials[name] = Number(slider.value);
      value.textContent = text(dials[name]);
      show();
    });
    return h("label", { class: "dial" }, label, slider, value);
  });
  const draw = () => {
    let rest = Math.random();
    let chosen = order[0] ?? 0;
    for (const [id, share] of probabilities) {
      chosen = id;
      rest -= share;
      if (rest < 0) break;
    }
    drawn.textContent = `${drawn.textContent} ${state.textOf(chosen)}`.slice(-200);
    onDraw(chosen);
  };
  show();
  const explained =
    "Low temperatures favour the likeliest tokens, high ones even the shares out. Top-k keeps the k likeliest, top-p the likeliest that have this share together.";
  const element = h(
    "div",
    {},
    h("div", { class: "dials" }, ...sliders),
    h("p", { class: "note" }, explained),
    shares,
    said,
    temperatures(state, order),
    button("Draw a token", draw),
    drawn,
  );
  return { scores, element };
}

/** What temperatures do to the same scores: nothing has to be turned to see it. */
function temperatures(state: State, order: readonly number[]): HTMLElement {
  const logits = state.data.flow.logits.values;
  const columns = TEMPERATURES.map((temperature) => distribution(logits, { temperature, topK: 0, topP: 1 }));
  const listed = order.slice(0, COMPARED);
  const shareOf = (column: ReadonlyMap<number, number>, id: number) => column.get(id) ?? 0;
  const row = (name: string, values: readonly number[]) =>
    h("tr", {}, h("th", { scope: "row" }, name), ...values.map((value) => h("td", {}, percent(value))));
  const others = columns.map((column) =>
    Math.max(0, 1 - listed.reduce((sum, id) => sum + shareOf(column, id), 0)),
  );
  const titles = TEMPERATURES.map((temperature) => h("th", { scope: "col" }, `${temperature}`));
  return h(
    "div",
    {},
    h("h3", {}, "What does the temperature change?"),
    h(
      "table",
      { class: "temperatures" },
      h("thead", {}, h("tr", {}, h("th", {}, "temperature"), ...titles)),
      h(
        "tbody",
        {},
        ...listed.map((id) =>
          row(
            state.textOf(id),
            columns.map((column) => shareOf(column, id)),
          ),
        ),
        row("all other tokens", others),
      ),
    ),
  );
}
