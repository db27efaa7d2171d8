/** Starts the page of `gpt serve`: buttons and keys. */
import { ChatPage } from "./chat-page.ts";
import { byId } from "./elements.ts";
import { followScheme, Settings } from "./settings.ts";

const settings = new Settings();
const page = new ChatPage(settings);
const text = byId<HTMLTextAreaElement>("text");

function send(): void {
  if (page.isBusy) {
    page.stop();
    return;
  }
  page.ask(text.value);
  text.value = "";
}

function switchTokens(): void {
  byId("tokens").setAttribute("aria-pressed", String(page.switchTokens()));
}

const actions: Readonly<Record<string, readonly [id: string, act: () => void]>> = {
  n: ["new", () => page.clear()],
  t: ["tokens", switchTokens],
  d: ["scheme", followScheme()],
};

for (const [id, act] of Object.values(actions)) byId(id).addEventListener("click", act);
byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!page.isBusy) send();
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") page.stop();
  const [, act] = (event.altKey && actions[event.key.toLowerCase()]) || [];
  if (act === undefined) return;
  event.preventDefault();
  act();
});
settings.onKey(() => void page.begin());
void page.begin();
text.focus();
