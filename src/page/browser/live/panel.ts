/** The input of a live page: the views follow what is typed. */
import { carriedBytes, carriedText, hasPart, partsBelow } from "../carried.ts";
import type { Page } from "../page.ts";
import { h } from "../parts/dom.ts";
import type { Answer, CarriedFile, Question, Start } from "./protocol.ts";

/** Milliseconds without a key before the engine starts. */
const PAUSE_MS = 250;
const ENGINE = "engine";

/** Starts the engine if the page carries one. */
export async function startLive(page: Page): Promise<void> {
  if (!hasPart(ENGINE)) return;
  const status = h("p", { class: "note", "aria-live": "polite" }, "The engine starts …");
  const text = h("textarea", { id: "prompt", "aria-label": "Text", rows: 2, spellcheck: "false" });
  text.value = page.text;
  page.live.replaceChildren(
    h("label", { for: "prompt" }, "Type a text; this page computes all views by itself."),
    text,
    status,
  );

  const script = new Blob([await carriedBytes(ENGINE)], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(script));
  const ask = () => {
    status.textContent = "Computing …";
    worker.postMessage({ kind: "question", text: text.value } satisfies Question);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  page.onDraw = (piece) => {
    text.value += piece;
    ask();
  };
  worker.addEventListener("error", ({ message }) => {
    status.textContent = `The engine does not start: ${message}`;
  });
  worker.addEventListener("message", ({ data: answer }: MessageEvent<Answer>) => {
    if (answer.kind === "error") status.textContent = answer.message;
    else if (answer.kind === "ready") status.textContent = readyText(answer.threads);
    else {
      page.show(answer.data);
      const { length } = answer.data.ids;
      status.textContent = `${length} tokens in ${Math.round(answer.milliseconds)} ms, without a server.`;
    }
  });

  const start = JSON.parse(await carriedText("live")) as Omit<Start, "files" | "kernels" | "kind">;
  const [files, kernels] = [await carriedFiles("file:"), await carriedFiles("kernels:")];
  const all = [...files, ...kernels].map(({ bytes }) => bytes.buffer);
  worker.postMessage({ ...start, kind: "start", files, kernels } satisfies Start, all);
}

const readyText = (threads: number) =>
  threads === 1
    ? "Ready, with one thread: browsers give more to isolated pages only."
    : `Ready, with ${threads} threads.`;

async function carriedFiles(prefix: string): Promise<CarriedFile[]> {
  const files: CarriedFile[] = [];
  for (const part of partsBelow(prefix)) {
    files.push({ name: part.slice(prefix.length), bytes: await carriedBytes(part) });
  }
  return files;
}
