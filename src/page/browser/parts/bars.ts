/** Names with bars: probabilities, or numbers of either sign. */
import { h } from "./dom.ts";

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** As it is written behind the bar. */
  readonly text: string;
  /** It does not count here: a token that a dial excludes. */
  readonly isOut?: boolean;
}

/** A list with one bar a line. @param most the value of a full bar */
export function bars(
  label: string,
  rows: readonly Bar[],
  most = Math.max(...rows.map(({ value }) => Math.abs(value)), 1e-9),
): HTMLElement {
  const hasSigns = rows.some(({ value }) => value < 0);
  const items = rows.map(({ name, value, text, isOut = false }) => {
    const fill = h("span", { class: value < 0 ? "fill negative" : "fill" });
    const share = Math.min(1, Math.abs(value) / most) * (hasSigns ? 50 : 100);
    fill.style.width = `${share}%`;
    if (hasSigns) fill.style.left = `${value < 0 ? 50 - share : 50}%`;
    return h(
      "li",
      { class: isOut ? "out" : "" },
      h("span", { class: "name" }, name),
      h("span", { class: "bar", "aria-hidden": "true" }, fill),
      h("span", { class: "number" }, text),
    );
  });
  return h("ul", { class: hasSigns ? "bars signs" : "bars", "aria-label": label }, ...items);
}
