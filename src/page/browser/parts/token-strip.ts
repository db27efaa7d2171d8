/** The tokens of the text in a row. Each is a button: the pointer over it shows it in all views. */
import type { State } from "../state.ts";
import { paint } from "./colours.ts";
import { h, type View } from "./dom.ts";

type Rgb = readonly [number, number, number];

/**
 * @param colour of the token at a position; undefined leaves it plain
 * @param title what a screen reader and the pointer read of it
 */
export function tokenStrip(
  state: State,
  label: string,
  colour: (position: number) => Rgb | undefined,
  title: (position: number) => string,
): View {
  const tokens = Array.from(state.data.ids, (_, position) => {
    const text = state.tokenAt(position);
    return h(
      "button",
      {
        type: "button",
        class: "token",
        tabindex: -1,
        onpointerenter: () => state.hover(position),
        onclick: () => state.choose({ position }),
      },
      text,
    );
  });
  const element = h("div", { class: "strip", role: "group", "aria-label": label }, ...tokens);
  element.addEventListener("pointerleave", () => state.hover(undefined));
  return {
    element,
    update() {
      for (const [position, token] of tokens.entries()) {
        const rgb = colour(position);
        if (rgb !== undefined) paint(token, rgb);
        else token.removeAttribute("style");
        const text = `${state.tokenAt(position)}: ${title(position)}`;
        token.title = text;
        token.setAttribute("aria-label", text);
        token.setAttribute("aria-pressed", String(position === state.position));
        token.tabIndex = position === state.selection.position ? 0 : -1;
      }
    },
  };
}
