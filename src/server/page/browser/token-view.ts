/** The tokens of an answer, coloured by how sure the model was. A token shows the likeliest ones in its place. */
import { byId, element } from "./elements.ts";
import type { TokenChoice, ToldToken } from "./talk.ts";

export function tokenView(tokens: readonly ToldToken[]): HTMLElement {
  const view = element("div", "token-text");
  view.tabIndex = 0;
  view.setAttribute("aria-label", "Tokens: the arrow keys show the likely ones in each place");
  const decoder = new TextDecoder();
  for (const token of tokens) {
    const text = token.bytes === null ? "" : decoder.decode(Uint8Array.from(token.bytes), { stream: true });
    const span = element("span", isControl(text) ? "control" : "", text);
    span.style.setProperty("--sure", String(Math.exp(token.logprob)));
    view.append(span);
  }
  let chosen = -1;
  const choose = (place: number) => {
    view.children[chosen]?.classList.remove("chosen");
    chosen = Math.max(0, Math.min(tokens.length - 1, place));
    const span = view.children[chosen];
    const token = tokens[chosen];
    if (span === undefined || token === undefined) return;
    span.classList.add("chosen");
    showLikely(token, span);
  };
  view.addEventListener("keydown", (event) => {
    const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(chosen + step);
  });
  for (const kind of ["pointerover", "click"]) {
    view.addEventListener(kind, ({ target }) => {
      const place = [...view.children].indexOf(target as Element);
      if (place >= 0) choose(place);
    });
  }
  for (const kind of ["pointerleave", "blur"]) {
    view.addEventListener(kind, () => {
      view.children[chosen]?.classList.remove("chosen");
      hideLikely();
    });
  }
  return view;
}

const isControl = (text: string): boolean => /^<\|?[^\s<>]+\|?>$/.test(text);

export function hideLikely(): void {
  byId("likely").hidden = true;
}

function showLikely(token: ToldToken, near: Element): void {
  const box = byId("likely");
  const table = document.createElement("table");
  const isThere = token.top_logprobs.some((other) => isSame(other, token));
  for (const choice of isThere ? token.top_logprobs : [...token.top_logprobs, token]) {
    const row = table.insertRow();
    row.className = isSame(choice, token) ? "own" : "";
    row.insertCell().textContent = JSON.stringify(choice.token);
    row.insertCell().textContent = `${(100 * Math.exp(choice.logprob)).toFixed(1)} %`;
  }
  box.replaceChildren(table);
  box.hidden = false;
  const { left, bottom, top } = near.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const isLow = bottom + height + 8 > innerHeight;
  box.style.left = `${Math.max(4, Math.min(left, innerWidth - width - 4))}px`;
  box.style.top = `${isLow ? top - height - 4 : bottom + 4}px`;
}

const isSame = (a: TokenChoice, b: TokenChoice): boolean => String(a.bytes) === String(b.bytes);
