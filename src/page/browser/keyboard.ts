/** Keys. They act unless the reader types into a field. */
import type { Help } from "./help.ts";
import type { State } from "./state.ts";

/** @param current the state of the prompt that is shown */
export function followKeys(current: () => State, help: Help): void {
  addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target instanceof HTMLElement && target.matches("input, textarea, select")) return;
    if (!act(key, current(), help)) return;
    event.preventDefault();
  });
}

function act(key: string, state: State, help: Help): boolean {
  const { position, layer, head } = state.selection;
  const moves: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => state.choose({ position: position - 1 }),
    ArrowRight: () => state.choose({ position: position + 1 }),
    ArrowUp: () => state.choose({ layer: layer - 1 }),
    ArrowDown: () => state.choose({ layer: layer + 1 }),
    "[": () => state.choose({ head: head - 1 }),
    "]": () => state.choose({ head: head + 1 }),
    Home: () => state.choose({ position: 0 }),
    End: () => state.choose({ position: state.data.ids.length - 1 }),
    "?": () => help.toggle(),
    Escape: () => help.close(),
  };
  const move = moves[key];
  if (move === undefined) return goTo(key);
  move();
  return true;
}

function goTo(key: string): boolean {
  const view = document.querySelectorAll("main > section")[Number(key) - 1];
  view?.scrollIntoView();
  return view !== undefined;
}
