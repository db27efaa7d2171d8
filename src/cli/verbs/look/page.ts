/**
 * `gpt look VIEW -o page.html`: all views of the prompt in one file; with --live also the engine and the
 * model.
 */
import { basename, extname } from "node:path";
import { openCheckpoint } from "../../../checkpoint/open.ts";
import { GptError } from "../../../errors.ts";
import { OutputFile } from "../../../files/output-file.ts";
import { findModel } from "../../../hub/find-model.ts";
import { headCounts } from "../../../look/parts.ts";
import { type CollectOptions, collectPage, PARTS } from "../../../page/collect/collect.ts";
import { type LiveEngine, liveParts } from "../../../page/live-parts.ts";
import type { Experiments } from "../../../page/page-data.ts";
import { pageHtml } from "../../../page/write-page.ts";
import { ablated } from "./ablate.ts";
import { checkBelow, idsOf, type Looking, tokenNamed } from "./looking.ts";
import { patched } from "./patch.ts";
import { steering } from "./steer.ts";
import { compared } from "./tokens.ts";
import { baselineOf } from "./why.ts";

/** Scales of directions that a page shows. */
const STEERED = [-1, -0.5, 0, 0.5, 1, 2] as const;

export async function writePage(looking: Looking): Promise<void> {
  const { engine, model, args, signal, output } = looking;
  const path = args.output;
  if (path === undefined)
    throw new GptError("usage", "gpt look page writes a file: name it with -o page.html");
  const source = findModel(args.model);
  const name = nameOf(args.model);
  const hasLive = args.live === true;
  if (hasLive && !model.hasTokenizer) {
    throw new GptError("usage", `${source}: came without a tokenizer, so a live page could not read a text`);
  }
  await using file = await OutputFile.create(path); // A place that cannot be written is told before the work.
  const choice: LiveEngine = { name, simd: model.simd, quantization: args.quant ?? "f32" };
  const more = hasLive ? await liveParts(await openCheckpoint(source), choice) : [];
  const textOf = (id: number) => (model.hasTokenizer ? model.tokenizer.decode([id]) : `#${id} `);
  const { family } = model.config;
  const options = { ...(await choicesOf(looking)), signal };
  using progress = looking.progress(PARTS, "parts");
  const onPart = (done: number) => progress.advance(done);
  const own = { model: engine, name, family, textOf };
  const data = await collectPage(own, idsOf(looking), { ...options, onPart });
  progress.stop();
  const html = pageHtml(data, more);
  await file.write(html);
  await file.keep();
  if (args.json) await output.writeJson({ path, bytes: Buffer.byteLength(html), notices: data.notices });
}

/** What the flags of the view say of its part of the page. */
async function choicesOf(looking: Looking): Promise<CollectOptions> {
  const { engine, args } = looking;
  const { layers } = engine.config;
  const { view, layer, head, position, top, neuron, steps, compare } = args;
  const checks = { layer: layers.length, position: idsOf(looking).length } as const;
  if (layer !== undefined && view !== "lens") checkBelow("layer", layer, checks.layer);
  if (layer !== undefined && head !== undefined) {
    checkBelow("head", head, headCounts(engine)[layer] ?? 0);
  }
  if (position !== undefined) checkBelow("position", position, checks.position);
  return {
    // Rows of the lens count the input as 0.
    start: {
      view: compare === undefined ? view : "compare",
      layer: view === "lens" && layer !== undefined ? layer - 1 : layer,
      head,
      position,
    },
    top,
    why: {
      token: tokenNamed(looking, "token", args.token),
      against: tokenNamed(looking, "against", args.against),
      baseline: baselineOf(looking),
      steps,
    },
    neuron: layer === undefined || neuron === undefined ? undefined : { layer, neuron },
    experiments: await experimentsOf(looking),
  };
}

async function experimentsOf(looking: Looking): Promise<Experiments> {
  const { args } = looking;
  const { view, compare } = args;
  return {
    ablation: view === "ablate" ? await ablated(looking) : undefined,
    patching: view === "patch" ? await patched(looking) : undefined,
    steering: view === "steer" ? await steering(looking, STEERED, args.top ?? 10) : undefined,
    compared:
      compare === undefined
        ? undefined
        : { name: nameOf(compare), surprisal: await compared(looking, compare, idsOf(looking)) },
  };
}

/** The name of a model as its page has it. */
function nameOf(model: string | undefined): string {
  const path = findModel(model);
  return basename(path, extname(path));
}
