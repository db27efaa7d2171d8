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
        "aria-pressed": "false",
        onpointerenter: () => state.hover(position),
        onclick: () => state.choose({ position }),
      },
      text,
    );
  });
  const element = h("div", { class: "strip", role: "group", "aria-label": label }, ...tokens);
  element.addEventListener("pointerleave", () => state.hover(undefined));
  // A text may have thousands of tokens: what has not changed is not written again.
  const drawn = tokens.map(() => ({ colour: "", text: "", isPressed: false, isChosen: false }));
  return {
    element,
    update() {
      for (const [position, token] of tokens.entries()) {
        const before = drawn[position];
        if (before === undefined) continue;
        const rgb = colour(position);
        const name = rgb === undefined ? "" : rgb.join();
        if (name !== before.colour) {
          before.colour = name;
          if (rgb !== undefined) paint(token, rgb);
          else token.removeAttribute("style");
        }
        const text = `${state.tokenAt(position)}: ${title(position)}`;
        if (text !== before.text) {
          before.text = text;
          token.title = text;
          token.setAttribute("aria-label", text);
        }
        const isPressed = position === state.position;
        if (isPressed !== before.isPressed) {
          before.isPressed = isPressed;
          token.setAttribute("aria-pressed", String(isPressed));
        }
        const isChosen = position === state.selection.position;
        if (isChosen !== before.isChosen) {
          before.isChosen = isChosen;
          token.tabIndex = isChosen ? 0 : -1;
        }
      }
    },
  };
}
