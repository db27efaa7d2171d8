/** loss.svg: the training and the validation loss over the steps of a run. */

import type { History, Point } from "../history.ts";
import { range, thinned, ticks } from "./axis.ts";

const WIDTH = 760;
const HEIGHT = 420;
const PLOT = { left: 60, right: WIDTH - 20, top: 56, bottom: HEIGHT - 46 } as const;
/** Points of a curve. */
const MOST_POINTS = 600;
/**
 * Points that set the height of the frame. They are few, so that the noise of single steps does not set it.
 */
const FRAMED_POINTS = 100;

const COLORS = { raw: "#c6dbef", train: "#1f77b4", validation: "#d62728" } as const;

/** @param title name of the run */
export function lossSvg(history: History, title: string): string {
  const plot = new Plot(history);
  const { train, smoothed, validated, measure } = history;
  const best = history.best && history.valueOf(history.best);
  const body = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(14, 24, title, 'font-size="15" font-weight="600"'),
    ...plot.axes(),
    plot.curve(train, COLORS.raw, 1),
    plot.curve(smoothed, COLORS.train, 2),
    plot.curve(validated, COLORS.validation, 2),
    ...(validated.length > 60 ? [] : validated.map((point) => plot.dot(point, COLORS.validation))),
    ...legend([
      [`training ${measure}`, COLORS.train],
      ...(best !== undefined
        ? [[`validation ${measure}, best ${best.toFixed(4)}`, COLORS.validation] as const]
        : []),
    ]),
  ];
  const size = `viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}"`;
  const font = 'font-family="system-ui, sans-serif" font-size="12" fill="#333"';
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" ${font}>`;
  return [head, `<title>${escaped(title)}</title>`, ...body.filter((line) => line !== ""), "</svg>", ""].join(
    "\n",
  );
}

/** Places of steps and losses in the picture. */
class Plot {
  readonly #steps: number;
  readonly #low: number;
  readonly #high: number;
  readonly #unit: string;

  constructor({ train, smoothed, validated, measure }: History) {
    const shown = [...thinned(train, FRAMED_POINTS), ...thinned(smoothed, MOST_POINTS), ...validated];
    this.#steps = Math.max(1, train.at(-1)?.step ?? 0, validated.at(-1)?.step ?? 0);
    this.#unit = measure === "loss" ? "nats per token" : measure;
    [this.#low, this.#high] = range(shown.map(({ value }) => value));
  }

  axes(): string[] {
    const { left, right, top, bottom } = PLOT;
    const losses = ticks(this.#low, this.#high, 6).flatMap((loss) => {
      const y = this.#y(loss);
      return [
        `<path d="M${left} ${y}H${right}" stroke="#e5e5e5"/>`,
        text(left - 8, y + 4, decimal(loss), 'text-anchor="end"'),
      ];
    });
    const steps = ticks(0, this.#steps, 7)
      .filter(Number.isInteger)
      .map((step) => text(this.#x(step), bottom + 18, step.toLocaleString("en-US"), 'text-anchor="middle"'));
    return [
      ...losses,
      ...steps,
      `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#333"/>`,
      text((left + right) / 2, HEIGHT - 8, "steps", 'text-anchor="middle"'),
      text(14, top - 10, this.#unit, ""),
    ];
  }

  curve(points: readonly Point[], color: string, width: number): string {
    if (points.length < 2) return "";
    const places = thinned(points, MOST_POINTS).map(
      ({ step, value }) => `${this.#x(step)},${this.#y(value)}`,
    );
    return `<polyline points="${places.join(" ")}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linejoin="round"/>`;
  }

  dot({ step, value }: Point, color: string): string {
    return `<circle cx="${this.#x(step)}" cy="${this.#y(value)}" r="2.5" fill="${color}"/>`;
  }

  #x(step: number): number {
    return round(PLOT.left + (step / this.#steps) * (PLOT.right - PLOT.left));
  }

  /** Values outside of the frame, the noise of single steps, lie at its edge. */
  #y(value: number): number {
    const share = Math.min(1, Math.max(0, (value - this.#low) / (this.#high - this.#low)));
    return round(PLOT.bottom - share * (PLOT.bottom - PLOT.top));
  }
}

function legend(entries: readonly (readonly [name: string, color: string])[]): string[] {
  return entries.flatMap(([name, color], i) => {
    const y = PLOT.top + 14 + 18 * i;
    const x = PLOT.right - 200;
    return [`<path d="M${x} ${y - 4}h22" stroke="${color}" stroke-width="2"/>`, text(x + 30, y, name, "")];
  });
}

const text = (x: number, y: number, content: string, attributes: string): string =>
  `<text x="${x}" y="${y}" ${attributes}>${escaped(content)}</text>`.replace(" >", ">");

/** Text without control characters, which XML does not allow. */
const escaped = (content: string): string =>
  content
    .replace(/[\0-\x1f\x7f-\x9f]/g, " ")
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);

const round = (place: number): number => Math.round(10 * place) / 10;
const decimal = (value: number): string => String(Number(value.toPrecision(6)));
