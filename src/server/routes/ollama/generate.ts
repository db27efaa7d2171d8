/** POST /api/generate and /api/chat of ollama's API. */
import type { ExactJson } from "../../../chat/jinja/values/json-values.ts";
import type { MessageCall } from "../../../chat/template/messages.ts";
import type { GenerateOptions } from "../../../generate/options/options.ts";
import type { Sample } from "../../../text/samples/sample.ts";
import { RequestFields } from "../../http/fields.ts";
import { type Exchange, type Route, sendJson } from "../../route.ts";
import { samplingOptions } from "../../sampling-fields.ts";
import type { Service } from "../../service.ts";
import { ollamaFormat } from "../../text-form.ts";
import { chatAnswers, type ReplyPart } from "../chat-answers.ts";
import { type ChatQuestion, chatQuestion, questionOf } from "../chat-prompt.ts";
import { generateAll } from "../generate-all.ts";
import { answer, type OllamaPart } from "./answer.ts";

/** A prompt becomes a message, unless it is raw or the model has no template. */
export const generate: Route = {
  method: "POST",
  paths: ["/api/generate"],
  dialect: "ollama",
  async handle(exchange) {
    const { fields, service } = exchange;
    const options = readOptions(fields, service);
    const variables = thinking(fields);
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
    const field = ({ content, ...more }: OllamaPart) => ({ response: content, ...more });
    if (!isRaw && service.prompts !== undefined) {
      const question = questionOf(service, { messages, variables });
      return await answer(exchange, stream, field, answering(exchange, question, options));
    }
    const ids = service.model.promptIds(system + prompt, { parseSpecial: isRaw });
    service.checkLength(ids);
    await answer(exchange, stream, field, async (onPart) => {
      const samples = await generateAll(
        exchange,
        { prompts: [ids], options, count: 1 },
        async (_, { text }) => {
          if (text !== "") await onPart({ content: text });
        },
      );
      const [sample] = samples.flat() as [Sample];
      return { sample, whole: { content: sample.text } };
    });
  },
};

export const chat: Route = {
  method: "POST",
  paths: ["/api/chat"],
  dialect: "ollama",
  async handle(exchange) {
    const { fields, service } = exchange;
    const options = readOptions(fields, service);
    const stream = fields.flag("stream") ?? true;
    const question = chatQuestion(fields, service, thinking(fields));
    const field = (part: OllamaPart) => ({ message: { role: "assistant", ...part } });
    await answer(exchange, stream, field, answering(exchange, question, options));
  },
};

const answering =
  (exchange: Exchange, question: ChatQuestion, options: GenerateOptions) =>
  async (onPart: (part: OllamaPart) => Promise<void>) => {
    const [own] = await chatAnswers(exchange, { question, options, count: 1 }, async (_, parts) => {
      for (const part of parts) await onPart(partOf(part));
    });
    const { sample, message } = own as NonNullable<typeof own>;
    const { content, reasoning_content: thinking, tool_calls: calls } = message;
    const whole = { content, ...(thinking && { thinking }), ...(calls && { tool_calls: calls.map(callOf) }) };
    return { sample, whole };
  };

function partOf(part: ReplyPart): OllamaPart {
  if (part.kind === "call") return { content: "", tool_calls: [callOf(part.call)] };
  return part.kind === "text" ? { content: part.text } : { content: "", thinking: part.text };
}

const callOf = ({ id, function: { name, arguments: text } }: MessageCall) => ({
  id,
  function: { name, arguments: JSON.parse(text) },
});

/** Whether the model is to think, as variables of its template. */
function thinking(fields: RequestFields): ReadonlyMap<string, ExactJson> {
  const value = fields.value("think");
  if (value === undefined) return new Map();
  if (typeof value === "boolean") return new Map([["enable_thinking", value]]);
  if (value === "low" || value === "medium" || value === "high") {
    return new Map<string, ExactJson>([
      ["enable_thinking", true],
      ["reasoning_effort", value],
    ]);
  }
  throw fields.wrong("think", "true, false, low, medium or high");
}

/** @throws RequestError 400 for what would change the answer and is not supported */
function readOptions(fields: RequestFields, service: Service): GenerateOptions {
  service.checkModel(fields.text("model"));
  fields.refuse("images", []);
  fields.pass("keep_alive");
  const own = fields.object("options") ?? new RequestFields({});
  const { contextSize } = service.model;
  own.whole("num_ctx", 1, contextSize);
  own.pass("num_keep", "num_thread", "num_gpu", "num_batch", "main_gpu", "use_mmap", "numa");
  const count = own.whole("num_predict", -2) ?? -1;
  return {
    ...service.defaults,
    ...samplingOptions(own),
    ...ollamaFormat(fields),
    maxTokens: count < 0 ? contextSize : count,
  };
}
