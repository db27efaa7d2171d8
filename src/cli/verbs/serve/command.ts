/** `gpt serve`: answers requests over HTTP, as OpenAI's API has them. */
import { ChatTemplate } from "../../../chat/template/chat-template.ts";
import { chatTemplateOf, templateTokens } from "../../../chat/template/stored-templates.ts";
import { openCheckpoint } from "../../../checkpoint/open.ts";
import type { ModelOptions } from "../../../engine/model.ts";
import { readText } from "../../../files/file.ts";
import { findModel } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import { storageOf } from "../../../library/facts/storage.ts";
import type { LanguageModel } from "../../../library/language-model.ts";
import { encoderOver, loadEncoder } from "../../../library/load-encoder.ts";
import { type ServedEmbedder, Service } from "../../../server/service.ts";
import { SystemdNotifier } from "../../../server/systemd.ts";
import { defineCommand } from "../../command.ts";
import { engineOptions } from "../../flags/model-flags.ts";
import { generateOptions } from "../../flags/sampling-flags.ts";
import { load, loadingText } from "../../load.ts";
import { Interrupted, interruptible } from "../../terminal/interrupt.ts";
import { printable } from "../../terminal/output.ts";
import { startSpinner } from "../../terminal/spinner.ts";
import { GRACE_SECONDS, QUEUE, serveFlags } from "./flags.ts";
import { startServer } from "./start-server.ts";

export const command = defineCommand({
  examples: [
    "gpt serve",
    "gpt serve -m path/to/model.gguf --port 9000 --api-key secret",
    'curl -s http://127.0.0.1:8080/v1/completions -H content-type:application/json -d \'{"prompt": "Once"}\'',
  ],
  flags: serveFlags,
  async handler(args) {
    const { quiet, grace = GRACE_SECONDS } = args;
    if (args.pull) await (await import("../pull/fetch-model.ts")).fetchMissing(args.model, quiet);
    const path = findModel(args.model);
    const say = (line: string) => quiet || process.stderr.write(`${line}\n`);
    try {
      await interruptible(async (signal) => {
        await using server = await startServer(args, process.env);
        using systemd = new SystemdNotifier(process.env, (problem) =>
          process.stderr.write(`gpt: ${problem}\n`),
        );
        using spinner = startSpinner(loadingText(path), quiet);
        await using model = await load(path, { ...engineOptions(args), signal }, spinner);
        void model.tokenizer; // a model without one cannot be asked for texts: it is refused before anyone asks
        spinner[Symbol.dispose]();
        const settings = {
          parallel: args.parallel,
          queue: args.queue ?? QUEUE,
          defaults: generateOptions(args),
        };
        const [template, toolTemplate] = await templatesOf(path, args.chatTemplate);
        const bytes = (await storageOf(await openCheckpoint(path)))?.fileBytes ?? 0;
        const name = args.alias ?? modelName(path);
        const embedder = embedderOf(args.embeddings, { model, name, path }, engineOptions(args));
        server.open(new Service({ model, name, template, toolTemplate, bytes, embedder }, settings));
        const listens = `${printable(name)} listens at ${printable(server.url)}`;
        systemd.ready(listens);
        say(listens);
        await aborted(signal);
        systemd.stopping();
        say("ending");
        await server.close(1000 * grace);
      });
    } catch (error) {
      // A server that was asked to end, and has, did what it should.
      if (!(error instanceof Interrupted)) throw error;
    }
  },
});

/** A model of its own that embeds texts, which is found at once and loads when it is asked; or the served one. */
function embedderOf(
  own: string | undefined,
  { model, name, path }: { readonly model: LanguageModel; readonly name: string; readonly path: string },
  { threads, simd }: ModelOptions,
): ServedEmbedder {
  if (own === undefined) return { name, load: () => encoderOver(model, path) };
  const found = findModel(own);
  return { name: modelName(found), load: () => loadEncoder(found, { threads, simd }) };
}

/** The template of messages, and that of messages with functions to call. */
async function templatesOf(model: string, file: string | undefined) {
  if (file === undefined)
    return [await chatTemplateOf(model), await chatTemplateOf(model, { hasTools: true })];
  const template = new ChatTemplate(await readText(file), file, await templateTokens(model));
  return [template, template];
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
