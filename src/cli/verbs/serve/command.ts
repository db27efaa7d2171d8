/** `gpt serve`: answers requests over HTTP, as OpenAI's API has them. */
import { isIP } from "node:net";
import { ChatTemplate } from "../../../chat/template/chat-template.ts";
import { chatTemplateOf, templateTokens } from "../../../chat/template/stored-templates.ts";
import { openCheckpoint } from "../../../checkpoint/open.ts";
import { wholeTo } from "../../../checks/rules.ts";
import type { ModelOptions } from "../../../engine/model.ts";
import { GptError } from "../../../errors.ts";
import { readText } from "../../../files/file.ts";
import { findModel } from "../../../hub/find-model.ts";
import { modelName } from "../../../hub/model-name.ts";
import { storageOf } from "../../../library/facts/storage.ts";
import type { LanguageModel } from "../../../library/language-model.ts";
import { encoderOver, loadEncoder } from "../../../library/load-encoder.ts";
import { ModelServer } from "../../../server/server.ts";
import { type ServedEmbedder, Service } from "../../../server/service.ts";
import { defineCommand } from "../../command.ts";
import { duration } from "../../flags/duration.ts";
import { path as file, flagGroup, integer, list, numberBy, text, toggle, value } from "../../flags/flags.ts";
import { engineFlags, engineOptions, modelFlag } from "../../flags/model-flags.ts";
import { quietFlag } from "../../flags/output-flags.ts";
import { generateOptions, samplingFlags } from "../../flags/sampling-flags.ts";
import { load, loadingText } from "../../load.ts";
import { Interrupted, interruptible } from "../../terminal/interrupt.ts";
import { startSpinner } from "../../terminal/spinner.ts";

const HOST = "127.0.0.1";
const PORT = 8080;
const QUEUE = 64;
const GRACE_SECONDS = 10;

/** A grammar is of one request. */
const {
  seed: _,
  logprobs: __,
  grammar: _g,
  regex: _r,
  choices: _c,
  "json-schema": _j,
  "any-json": _a,
  ...sampling
} = samplingFlags;

const flags = {
  ...modelFlag,
  ...engineFlags,
  ...flagGroup("Server:", {
    host: value(text, `The address to listen at [${HOST}]`, { inherited: false }),
    port: value(numberBy(wholeTo(0, 65_535)), `The port; 0 takes a free one [${PORT}]`, { inherited: false }),
    "chat-template": value(file, "A file with the template of chats, in Jinja [the model's]", {
      inherited: false,
    }),
    embeddings: value(text, "A model that embeds texts, such as a BERT [the served one]", {
      inherited: false,
    }),
    alias: value(text, "Name of the model in requests and replies [that of its folder or file]"),
    parallel: value(integer(1), "Generations that run at a time [8, or as many as memory holds]"),
    queue: value(integer(0), `Generations that may wait; more are told to come again (429) [${QUEUE}]`),
    grace: value(duration, `Time for requests to end after Ctrl-C or SIGTERM [${GRACE_SECONDS}s]`),
    quiet: quietFlag("No spinner, no address"),
  }),
  ...flagGroup("Access:", {
    "api-key": list(text, "Requests need this key, as a bearer token"),
    "allow-host": list(text, "A host name that requests may name beside localhost; * for all"),
    "cors-origin": list(text, "An origin whose pages may ask, such as http://localhost:3000; * for all"),
    insecure: toggle("Listen beyond this machine without a key"),
  }),
  ...sampling,
};

export const command = defineCommand({
  examples: [
    "gpt serve",
    "gpt serve -m path/to/model.gguf --port 9000 --api-key secret",
    'curl -s http://127.0.0.1:8080/v1/completions -H content-type:application/json -d \'{"prompt": "Once"}\'',
  ],
  flags,
  async handler(args) {
    const {
      host = HOST,
      port = PORT,
      apiKey: keys = [],
      allowHost = [],
      quiet,
      grace = GRACE_SECONDS,
    } = args;
    if (!isOwnAddress(host) && keys.length === 0 && !args.insecure) {
      const advice = "give a key (--api-key), or say that all may ask (--insecure)";
      throw new GptError("usage", `${host} is an address that others reach: ${advice}`);
    }
    const path = findModel(args.model);
    try {
      await interruptible(async (signal) => {
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
        const served = { model, name, template, toolTemplate, bytes, embedder };
        const service = new Service(served, settings);
        const access = {
          keys,
          hosts: isOwnAddress(host) ? allowHost : ["*"],
          origins: args.corsOrigin ?? [],
        };
        const onFault = (error: unknown) => process.stderr.write(`gpt: ${(error as Error).stack ?? error}\n`);
        const server = await listen(service, { host, port, ...access, onFault });
        if (!quiet) process.stderr.write(`${service.name} listens at ${server.url}\n`);
        await aborted(signal);
        if (!quiet) process.stderr.write("ending\n");
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

const isOwnAddress = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** @throws GptError `usage` for an address that is taken, or is not one of this machine */
async function listen(
  service: Service,
  options: Parameters<typeof ModelServer.start>[1],
): Promise<ModelServer> {
  try {
    return await ModelServer.start(service, options);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const { host, port } = options;
    const problems: Readonly<Record<string, string>> = {
      EADDRINUSE: `port ${port} is taken at ${host}: choose another (--port), 0 takes a free one`,
      EADDRNOTAVAIL: `${host} is no address of this machine: choose another (--host)`,
      ENOTFOUND: `${host} is no address: choose another (--host)`,
      EACCES: `port ${port} is not for this user: choose one from 1024 on (--port)`,
    };
    const problem = problems[code ?? ""];
    throw problem === undefined ? error : new GptError("usage", problem);
  }
}
