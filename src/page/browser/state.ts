/** What the reader looks at: one token, one layer and one head, the same in all views. */
import type { Grid } from "../../look/grid.ts";
import type { PageData, Ranking } from "../page-data.ts";

export interface Selection {
  readonly position: number;
  readonly layer: number;
  readonly head: number;
}

export class State {
  readonly data: PageData;
  #selection: Selection;
  #hovered: number | undefined;
  readonly #listeners: (() => void)[] = [];

  constructor(data: PageData, selection: Partial<Selection> = {}) {
    this.data = data;
    const { layers, heads } = data.model;
    const first = strongest(data);
    this.#selection = {
      position: clamp(selection.position ?? data.ids.length - 1, data.ids.length),
      layer: clamp(selection.layer ?? first.layer, layers),
      head: clamp(selection.head ?? (selection.layer === undefined ? first.head : 0), heads),
    };
  }

  get selection(): Selection {
    return this.#selection;
  }

  /** The token under the pointer, else the chosen one. */
  get position(): number {
    return this.#hovered ?? this.#selection.position;
  }

  choose(change: Partial<Selection>): void {
    const { position, layer, head } = { ...this.#selection, ...change };
    const { ids, model } = this.data;
    this.#hovered = undefined;
    this.#selection = {
      position: clamp(position, ids.length),
      layer: clamp(layer, model.layers),
      head: clamp(head, model.heads),
    };
    this.changed();
  }

  /** @param position undefined: the pointer has left the tokens */
  hover(position: number | undefined): void {
    if (position === this.#hovered) return;
    this.#hovered = position;
    this.changed();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** The text of a token with visible blanks. */
  textOf(id: number): string {
    return visible(this.data.texts[id] ?? `<${id}>`);
  }

  tokenAt(position: number): string {
    return this.textOf(this.data.ids[position] ?? 0);
  }
}

/** The head that counts most for the answer; else the first one of the last layer. */
function strongest({ model, why }: PageData): Pick<Selection, "layer" | "head"> {
  let best = { layer: model.layers - 1, head: 0, size: 0 };
  const { values } = why?.heads ?? { values: [] };
  for (const [i, value] of values.entries()) {
    const size = Math.abs(value);
    if (size > best.size) best = { layer: Math.floor(i / model.heads), head: i % model.heads, size };
  }
  return best;
}

const clamp = (value: number, length: number) => Math.max(0, Math.min(length - 1, value));

const visible = (text: string) =>
  text === "" ? "∅" : text.replaceAll(" ", "·").replaceAll("\n", "⏎").replaceAll("\t", "→");

/** An entry of a grid by its indices. */
export function at(
  { shape, values }: Grid<Float32Array | Int32Array>,
  ...indices: readonly number[]
): number {
  let place = 0;
  for (let i = 0; i < shape.length; i++) place = place * (shape[i] ?? 1) + (indices[i] ?? 0);
  return values[place] ?? Number.NaN;
}

/** The candidates of a cell. */
export function candidates({ ids, values }: Ranking, cell: number): { id: number; value: number }[] {
  const count = ids.shape.at(-1) ?? 0;
  const first = cell * count;
  return Array.from(ids.values.subarray(first, first + count), (id, i) => ({
    id,
    value: values.values[first + i] ?? 0,
  }));
}
