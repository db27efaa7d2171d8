/** A line of numbers over the tokens. */
import { h } from "./dom.ts";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 40;
/** Width of a token. */
const STEP = 8;

function shape(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** @param values NaN: the line has a gap */
export function sparkline(label: string, values: Float32Array, choose: (position: number) => void) {
  const width = values.length * STEP;
  const most = Math.max(1e-9, ...Array.from(values).filter((value) => !Number.isNaN(value)));
  const y = (value: number) => HEIGHT - 2 - ((HEIGHT - 4) * value) / most;
  let isDrawing = false;
  const path = Array.from(values, (value, i) => {
    if (Number.isNaN(value)) {
      isDrawing = false;
      return "";
    }
    const move = isDrawing ? "L" : "M";
    isDrawing = true;
    return `${move}${(i + 0.5) * STEP} ${y(value).toFixed(1)}`;
  }).join("");
  const mark = shape("line", { class: "cursor", y1: 0, y2: HEIGHT });
  const svg = shape("svg", {
    viewBox: `0 0 ${width} ${HEIGHT}`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": label,
  });
  svg.append(mark, shape("path", { d: path }));
  svg.addEventListener("click", (event) => {
    const { left, width: drawn } = svg.getBoundingClientRect();
    choose(Math.floor((((event as MouseEvent).clientX - left) / drawn) * values.length));
  });
  const place = (position: number) => {
    for (const end of ["x1", "x2"]) mark.setAttribute(end, String((position + 0.5) * STEP));
  };
  return { element: h("div", { class: "sparkline" }, svg), mark: place };
}
