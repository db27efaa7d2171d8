/** Names of rows and columns around a map. */
import { h } from "./dom.ts";

/** Most names of an axis; of a longer one every second, third, ... name is written. */
const MOST_NAMES = 40;

export interface Axes {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** What the axes count: "layer ↓ head →". */
  readonly corner?: string;
}

/** A map between its names. Names of tokens as columns are written upright. */
export function withAxes(map: HTMLElement, { rows, columns, corner = "" }: Axes): HTMLElement {
  const isUpright = columns.some((name) => name.length > 3);
  return h(
    "div",
    { class: "axes" },
    h("span", { class: "corner" }, corner),
    h(
      "div",
      { class: isUpright ? "axis top upright" : "axis top", "aria-hidden": "true" },
      ...names(columns),
    ),
    h("div", { class: "axis left", "aria-hidden": "true" }, ...names(rows)),
    map,
  );
}

function names(all: readonly string[]): HTMLElement[] {
  const step = Math.ceil(all.length / MOST_NAMES);
  return all.map((name, i) => h("span", {}, i % step === 0 ? name : ""));
}

/** 0 to count - 1. */
export const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);
