/** Elements of the page. Texts are set as text, never as markup: they come from models. */

type Child = Node | string;
type Properties = Readonly<Record<string, string | number | boolean | ((event: never) => void) | undefined>>;

/**
 * @param properties attributes; those that begin with "on" are listeners; undefined and false ones are left
 *   out
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** A part of the page that follows the selection. */
export interface View {
  readonly element: HTMLElement;
  update(): void;
}

export interface Heading {
  readonly id: string;
  /** A word or two, for the links at the top. */
  readonly name: string;
  /** The question that the part answers. */
  readonly title: string;
  /** What is seen. */
  readonly about: string;
}

/** A part of the page. */
export function section({ id, name, title, about }: Heading, ...content: readonly Child[]): HTMLElement {
  return h(
    "section",
    { id, "aria-labelledby": `${id}-title`, "data-name": name },
    h("h2", { id: `${id}-title` }, title),
    h("p", { class: "about" }, about),
    ...content,
  );
}

export const button = (label: string, press: () => void, properties: Properties = {}) =>
  h("button", { type: "button", onclick: press, ...properties }, label);

/** A choice among a few names. */
export function choice(
  label: string,
  names: readonly string[],
  chosen: number,
  choose: (index: number) => void,
): { readonly element: HTMLElement; show(index: number): void } {
  const options = names.map((name, i) => h("option", { value: i, selected: i === chosen }, name));
  const select = h("select", { "aria-label": label }, ...options);
  select.addEventListener("change", () => choose(select.selectedIndex));
  const element = h("label", { class: "choice" }, `${label} `, select);
  return {
    element,
    show(index) {
      select.selectedIndex = index;
    },
  };
}

/** A number as people read it: three digits that count. */
export function short(value: number): string {
  if (Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.01 || size === 0) return value.toFixed(2);
  return size >= 0.0005 ? value.toFixed(3) : value.toExponential(0);
}

/** A probability as a percentage. */
export function percent(probability: number): string {
  if (Number.isNaN(probability)) return "–";
  const value = 100 * probability;
  if (value >= 99.95) return "100%";
  if (value >= 10) return `${value.toFixed(0)}%`;
  return value >= 0.1 ? `${value.toFixed(1)}%` : "<0.1%";
}
