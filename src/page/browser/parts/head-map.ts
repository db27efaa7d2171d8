/** A signed number for every head of the model: a row is a layer. */
import type { Grid } from "../../../look/grid.ts";
import { at, type State } from "../state.ts";
import { numbers, withAxes } from "./axes.ts";
import { signed } from "./colours.ts";
import { h, short, type View } from "./dom.ts";
import { HeatMap } from "./heat-map.ts";

export interface HeadNumbers {
  readonly label: string;
  /** [L, heads]; NaN for a head that is not there. */
  readonly grid: Grid;
  /** The number as the line below the map writes it. */
  readonly text?: (value: number) => string;
}

export function headMap(state: State, { label, grid, text = short }: HeadNumbers): View {
  const [layers = 0, heads = 0] = grid.shape;
  const most = greatest(grid.values);
  const map = new HeatMap({
    label,
    rows: layers,
    columns: heads,
    colour: (layer, head) => signed(at(grid, layer, head) / most),
    hover: (layer, head) => tell(layer, head),
    choose: (layer, head) => state.choose({ layer, head }),
  });
  map.draw();
  const told = h("p", { "aria-live": "polite" });
  const tell = (layer = state.selection.layer, head = state.selection.head) => {
    told.textContent = `Layer ${layer}, head ${head}: ${text(at(grid, layer, head))}`;
  };
  const axes = { rows: numbers(layers), columns: numbers(heads), corner: "layer ↓ head →" };
  return {
    element: h("div", {}, h("div", { class: "large wide" }, withAxes(map.element, axes)), told),
    update() {
      tell();
      map.mark(state.selection.layer, state.selection.head);
    },
  };
}

/** The largest size of the numbers that are there. */
export const greatest = (values: Iterable<number>): number =>
  Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
