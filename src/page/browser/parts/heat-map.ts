/** A matrix as a picture: one pixel a cell, enlarged by the browser. */
import { h } from "./dom.ts";

type Rgb = readonly [number, number, number];

export interface HeatMapOptions {
  readonly label: string;
  readonly rows: number;
  readonly columns: number;
  /** Undefined: the cell stays empty. */
  readonly colour: (row: number, column: number) => Rgb | undefined;
  /** Called when the pointer is over another cell, and with undefined when it leaves. */
  readonly hover?: (row: number | undefined, column: number | undefined) => void;
  readonly choose?: (row: number, column: number) => void;
}

export class HeatMap {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #mark = h("div", { class: "mark", hidden: true });
  readonly #options: HeatMapOptions;

  constructor(options: HeatMapOptions) {
    this.#options = options;
    const { label, rows, columns, hover, choose } = options;
    this.#canvas = h("canvas", { width: columns, height: rows, role: "img", "aria-label": label });
    this.element = h("div", { class: "map" }, this.#canvas, this.#mark);
    let last = "";
    const over = (event: PointerEvent) => {
      const [row, column] = this.#cellAt(event);
      if (`${row} ${column}` === last) return;
      last = `${row} ${column}`;
      hover?.(row, column);
    };
    if (hover !== undefined) {
      this.#canvas.addEventListener("pointermove", over);
      this.#canvas.addEventListener("pointerleave", () => {
        last = "";
        hover(undefined, undefined);
      });
    }
    if (choose !== undefined)
      this.#canvas.addEventListener("click", (event) => choose(...this.#cellAt(event)));
  }

  draw(): void {
    const { rows, columns, colour } = this.#options;
    const image = new ImageData(columns, rows);
    const { data } = image;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const rgb = colour(row, column);
        if (rgb === undefined) continue;
        const at = 4 * (row * columns + column);
        data[at] = rgb[0];
        data[at + 1] = rgb[1];
        data[at + 2] = rgb[2];
        data[at + 3] = 255;
      }
    }
    this.#canvas.getContext("2d")?.putImageData(image, 0, 0);
  }

  /** Draws a frame around a block of cells. */
  mark(row: number, column: number, rows = 1, columns = 1): void {
    const { style } = this.#mark;
    const share = (part: number, whole: number) => `${(100 * part) / whole}%`;
    style.top = share(row, this.#options.rows);
    style.left = share(column, this.#options.columns);
    style.height = share(rows, this.#options.rows);
    style.width = share(columns, this.#options.columns);
    this.#mark.hidden = false;
  }

  #cellAt(event: MouseEvent): [number, number] {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const { rows, columns } = this.#options;
    const cell = (part: number, whole: number, count: number) =>
      Math.max(0, Math.min(count - 1, Math.floor((part / whole) * count)));
    return [cell(event.clientY - top, height, rows), cell(event.clientX - left, width, columns)];
  }
}
