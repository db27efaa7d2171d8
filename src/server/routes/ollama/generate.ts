/** POST /api/generate and /api/chat of ollama's API. */
import type { GenerateOptions } from "../../../generate/options/options.ts";
import { RequestFields } from "../../http/fields.ts";
import { type Route, sendJson } from "../../route.ts";
import { samplingOptions } from "../../sampling-fields.ts";
import type { Service } from "../../service.ts";
import { chatPrompt, chatPromptOf } from "../chat-prompt.ts";
import { answer } from "./answer.ts";

/** A prompt becomes a message, unless it is raw or the model has no template. */
export const generate: Route = {
  method: "POST",
  paths: ["/api/generate"],
  dialect: "ollama",
  async handle(exchange) {
    const { fields, service } = exchange;
    const options = readOptions(fields, service);
    for (const name of ["suffix", "template"]) fields.refuse(name, "");
    fields.refuse("context", []);
    const stream = fields.flag("stream") ?? true;
    const prompt = fields.text("prompt") ?? "";
    const system = fields.text("system") ?? "";
    const isRaw = fields.flag("raw") ?? false;
    if (prompt === "" && system === "") {
      // Clients load a model so. This one is loaded.
      const head = { model: service.name, created_at: new Date().toISOString() };
      return sendJson(exchange, { ...head, response: "", done: true, done_reason: "load" });
    }
    const messages = [
      ...(system === "" ? [] : [{ role: "system", content: system }]),
      { role: "user", content: prompt },
    ];
    const ids =
      isRaw || service.template === undefined
        ? service.model.promptIds(system + prompt, { parseSpecial: isRaw })
        : chatPromptOf(messages, service);
    service.checkLength(ids);
    await answer(exchange, { prompts: [ids], options }, stream, (response) => ({ response }));
  },
};

export const chat: Route = {
  method: "POST",
  paths: ["/api/chat"],
  dialect: "ollama",
  async handle(exchange) {
    const { fields, service } = exchange;
    const options = readOptions(fields, service);
    fields.refuse("tools", []);
    const stream = fields.flag("stream") ?? true;
    const ids = chatPrompt(fields, service);
    await answer(exchange, { prompts: [ids], options }, stream, (content) => ({
      message: { role: "assistant", content },
    }));
  },
};

/** @throws RequestError 400 for what would change the answer and is not supported */
function readOptions(fields: RequestFields, service: Service): GenerateOptions {
  service.checkModel(fields.text("model"));
  fields.refuse("images", []);
  fields.refuse("format", "");
  fields.refuse("think", false);
  fields.pass("keep_alive");
  const own = fields.object("options") ?? new RequestFields({});
  const { contextSize } = service.model;
  own.whole("num_ctx", 1, contextSize);
  own.pass("num_keep", "num_thread", "num_gpu", "num_batch", "main_gpu", "use_mmap", "numa");
  const count = own.whole("num_predict", -2) ?? -1;
  return { ...service.defaults, ...samplingOptions(own), maxTokens: count < 0 ? contextSize : count };
}
