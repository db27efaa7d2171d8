/** The help: keys and colours. */
import { button, h } from "./parts/dom.ts";

/** As keyboard.ts has them. */
const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["← →", "token before, token after"],
  ["↑ ↓", "layer before, layer after"],
  ["[ ]", "head before, head after"],
  ["Home End", "first token, last token"],
  ["1 – 9", "go to a part of the page"],
  ["?", "this help"],
  ["Esc", "close the help"],
];

export class Help {
  readonly element = h(
    "dialog",
    { "aria-label": "Help" },
    h("h2", {}, "Keys"),
    h(
      "table",
      {},
      ...KEYS.map(([keys, what]) => h("tr", {}, h("th", { scope: "row" }, keys), h("td", {}, what))),
    ),
    h("h2", {}, "Reading the page"),
    h(
      "p",
      {},
      "Point at a token to see it in all views; click to keep it. Blanks are shown as ·, ends of lines as ⏎.",
    ),
    h(
      "p",
      {},
      "Darker blue (brighter in dark) means more. Where numbers have a sign, blue is positive and orange negative.",
    ),
    button("Close", () => this.close()),
  );

  toggle(): void {
    if (this.element.open) this.close();
    else this.element.showModal();
  }

  close(): void {
    this.element.close();
  }
}
