/** The engine of a live page, in a worker of its own: the page stays usable while it computes. */
import { openCheckpoint } from "../../../checkpoint/open.ts";
import { Model } from "../../../engine/model.ts";
import { parseModel } from "../../../families/parse.ts";
import { tokenizerOf } from "../../../tokenizer/index.ts";
import { type Collected, collectPage } from "../../collect/collect.ts";
import { carry } from "../host/files.ts";
import { carryKernels } from "../host/machine.ts";
import type { Answer, Question, Start } from "./protocol.ts";

/** Positions of a question, at most: all views follow while the reader types. */
const MOST_TOKENS = 256;

interface Loaded extends Collected {
  readonly encode: (text: string) => readonly number[];
}

let loading: Promise<Loaded> | undefined;
let current = new AbortController();

addEventListener("message", ({ data }: MessageEvent<Start | Question>) => {
  if (data.kind === "start") {
    loading = load(data);
    loading.then(({ model }) => answer({ kind: "ready", threads: model.threads }), refuse);
  } else {
    current.abort();
    current = new AbortController();
    look(data, current.signal).catch(refuse);
  }
});

const answer = (message: Answer) => postMessage(message);

function refuse(error: unknown): void {
  if (error instanceof DOMException && error.name === "AbortError") return; // a later question has come
  answer({ kind: "error", message: error instanceof Error ? error.message : String(error) });
}

async function load({ name, path, simd, quantization, files, kernels }: Start): Promise<Loaded> {
  for (const file of files) carry(file.name, file.bytes);
  for (const { name, bytes } of kernels) carryKernels(name, bytes);
  const checkpoint = await openCheckpoint(path);
  const description = await parseModel(checkpoint, "tokens");
  const tokenizer = await tokenizerOf(checkpoint, description.vocabulary);
  if (tokenizer === undefined) throw new Error("the model came without a tokenizer");
  const model = await Model.load(checkpoint, description, { simd, quantization });
  return {
    model,
    name,
    family: description.config.family,
    textOf: (id) => tokenizer.decode([id]),
    encode: (text) => tokenizer.encode(text),
  };
}

async function look({ text }: Question, signal: AbortSignal): Promise<void> {
  const loaded = await loading;
  if (loaded === undefined) throw new Error("the engine has no model");
  const start = performance.now();
  const all = loaded.encode(text);
  if (all.length === 0) return;
  const ids = all.slice(-Math.min(MOST_TOKENS, loaded.model.contextSize));
  const data = await collectPage(loaded, ids, { isQuick: true, signal });
  signal.throwIfAborted();
  answer({ kind: "data", data, milliseconds: performance.now() - start });
}
