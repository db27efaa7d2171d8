/** The curves of a run in a terminal, drawn with braille: two by four dots a character. */

import type { History, Point } from "../../../train/run/history.ts";
import { range, thinned, ticks } from "../../../train/run/report/axis.ts";
import { thousands } from "../../terminal/format.ts";
import type { Paint, Style } from "../../terminal/style.ts";

/** Lines of the curves. The steps have one more line. */
const HEIGHT = 8;
const LABELS = 3;
const WIDEST = 100;
/** Columns for the losses at the left. */
const MARGIN = 8;

/**
 * @param columns of the terminal
 * @returns lines without an end; "" without curves, and without room for them
 */
export function lossChart({ smoothed, validated }: History, style: Style, columns: number): string {
  const width = Math.min(WIDEST, columns) - MARGIN - 2;
  const lastStep = smoothed.at(-1)?.step;
  if (lastStep === undefined || lastStep < 2 || width < 16) return "";
  const train = thinned(smoothed, 2 * width);
  const [low, high] = range([...train, ...validated].map(({ value }) => value));
  const canvas = new Canvas(width, HEIGHT);
  const place = ({ step, value }: Point) => [step / lastStep, (high - value) / (high - low)] as const;
  canvas.curve(train.map(place), style.cyan);
  canvas.curve(validated.map(place), style.yellow);

  const names = new Map(
    ticks(low, high, LABELS).map((loss) => [canvas.row((high - loss) / (high - low)), label(loss)]),
  );
  const lines = canvas.lines().map((line, row) => `${names.get(row) ?? " ".repeat(MARGIN)}│${line}`);
  return [...lines, footer(lastStep, width, validated.length > 0, style)].join("\n");
}

const label = (loss: number): string => `${Number(loss.toPrecision(4))} `.padStart(MARGIN);

function footer(lastStep: number, width: number, hasValidation: boolean, style: Style): string {
  const names = hasValidation ? `${style.cyan("train")} ${style.yellow("validation")}` : style.cyan("train");
  const namesWidth = hasValidation ? "train validation".length : "train".length;
  const end = thousands(lastStep);
  const room = " ".repeat(Math.max(1, width - namesWidth - end.length));
  return `${" ".repeat(MARGIN)}└${names}${room}${end}`;
}

/** The dots of a braille character (Unicode block 2800), by column and row. */
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BLANK = 0x2800;

/** Dots on a grid of characters. Places are shares of its width and height, from the upper left. */
class Canvas {
  readonly #width: number;
  readonly #height: number;
  readonly #dots: Uint8Array;
  /** Of each character, the paint of the last dot. */
  readonly #paints: (Paint | undefined)[];

  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#dots = new Uint8Array(width * height);
    this.#paints = Array(width * height);
  }

  curve(places: readonly (readonly [x: number, y: number])[], paint: Paint): void {
    const dots = places.map(([x, y]) => [dotAt(x, 2 * this.#width), dotAt(y, 4 * this.#height)] as const);
    for (const [i, [x, y]] of dots.entries()) {
      const [x0, y0] = dots[i - 1] ?? [x, y];
      const count = Math.max(1, Math.abs(x - x0), Math.abs(y - y0));
      for (let k = 0; k <= count; k++) {
        this.#dot(Math.round(x0 + ((x - x0) * k) / count), Math.round(y0 + ((y - y0) * k) / count), paint);
      }
    }
  }

  /** Line of characters at a height. */
  row(y: number): number {
    return Math.floor(dotAt(y, 4 * this.#height) / 4);
  }

  lines(): string[] {
    return Array.from({ length: this.#height }, (_, row) =>
      Array.from({ length: this.#width }, (_, column) => this.#character(row * this.#width + column)).join(
        "",
      ),
    );
  }

  #character(at: number): string {
    const dots = this.#dots[at] ?? 0;
    if (dots === 0) return " ";
    const character = String.fromCodePoint(BLANK + dots);
    return this.#paints[at]?.(character) ?? character;
  }

  #dot(x: number, y: number, paint: Paint): void {
    const at = Math.floor(y / 4) * this.#width + Math.floor(x / 2);
    this.#dots[at] = (this.#dots[at] ?? 0) | (DOTS[x % 2]?.[y % 4] ?? 0);
    this.#paints[at] = paint;
  }
}

const dotAt = (share: number, dots: number): number =>
  Math.min(dots - 1, Math.max(0, Math.round(share * (dots - 1))));
