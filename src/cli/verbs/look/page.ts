/** `gpt look VIEW -o page.html`: all views of the prompt in one file; with --live also the engine and the model. */
import { basename, extname } from "node:path";
import { openCheckpoint } from "../../../checkpoint/open.ts";
import { GptError } from "../../../errors.ts";
import { writeFile } from "../../../files/output-file.ts";
import { findModel } from "../../../hub/find-model.ts";
import { collectPage } from "../../../page/collect/collect.ts";
import { type LiveEngine, liveParts } from "../../../page/live-parts.ts";
import { pageHtml } from "../../../page/write-page.ts";
import { idsOf, type Looking } from "./looking.ts";

export async function writePage(looking: Looking): Promise<void> {
  const { engine, model, args, signal, output } = looking;
  const path = args.output;
  if (path === undefined)
    throw new GptError("usage", "gpt look page writes a file: name it with -o page.html");
  const source = findModel(args.model);
  const name = basename(source, extname(source));
  const hasLive = args.live === true;
  if (hasLive && !model.hasTokenizer) {
    throw new GptError("usage", `${source}: came without a tokenizer, so a live page could not read a text`);
  }
  const choice: LiveEngine = { name, simd: model.simd, quantization: args.quant ?? "f32" };
  const more = hasLive ? await liveParts(await openCheckpoint(source), choice) : [];
  const textOf = (id: number) => (model.hasTokenizer ? model.tokenizer.decode([id]) : `#${id} `);
  const { family } = model.config;
  const data = await collectPage({ model: engine, name, family, textOf }, idsOf(looking), { signal });
  const html = pageHtml(data, more);
  await writeFile(path, html);
  if (args.json) await output.writeJson({ path, bytes: html.length, notices: data.notices });
}
