/** POST /completion of llama.cpp's server: continues a prompt. */
import type { FinishReason, GenerateOptions, TokenLogprobs } from "../../../generate/options/options.ts";
import type { Sample } from "../../../text/samples/sample.ts";
import type { TextModel } from "../../../text/text-model.ts";
import { EventStream } from "../../http/event-stream.ts";
import type { RequestFields } from "../../http/fields.ts";
import { asRequestError, errorBody } from "../../http/request-error.ts";
import { type Exchange, type Route, sendJson } from "../../route.ts";
import { samplingOptions } from "../../sampling-fields.ts";
import type { Service } from "../../service.ts";
import { llamaForm } from "../../text-form.ts";
import { generateAll } from "../generate-all.ts";

interface Request {
  readonly promptIds: readonly number[];
  readonly options: GenerateOptions;
  readonly withTokens: boolean;
}

export const completion: Route = {
  method: "POST",
  paths: ["/completion"],
  async handle(exchange) {
    const { fields, service } = exchange;
    const request = readRequest(fields, service);
    const stream = fields.flag("stream") ?? false;
    service.admission.check(1);
    const wish = { prompts: [request.promptIds], options: request.options, count: 1 };
    if (!stream) {
      const [sample] = (await generateAll(exchange, wish)).flat() as [Sample];
      return sendJson(exchange, ended(exchange, request, sample, sample.text));
    }
    const events = new EventStream(exchange.response, fields.ignored);
    try {
      const samples = await generateAll(exchange, wish, async (_, { id, text, logprobs }) => {
        const probabilities = logprobs && [probabilityOf(service.model, id, logprobs)];
        await events.send({
          ...{ index: 0, content: text, tokens: [id], stop: false },
          ...(probabilities && { completion_probabilities: probabilities }),
        });
      });
      await events.send(ended(exchange, request, samples.flat()[0] as Sample, ""));
    } catch (error) {
      if (!exchange.signal.aborted) await events.send(errorBody(asRequestError(error)));
      throw error;
    } finally {
      await events.end();
    }
  },
};

function readRequest(fields: RequestFields, service: Service): Request {
  const { contextSize } = service.model;
  fields.pass("cache_prompt", "id_slot", "n_keep", "timings_per_token");
  const count = fields.whole("n_predict", -2) ?? -1;
  const top = fields.whole("n_probs", 0, 20) ?? 0;
  const maxMs = fields.whole("t_max_predict_ms", 0) ?? 0;
  const promptIds = readPrompt(fields, service);
  service.checkLength(promptIds);
  const options = {
    ...service.defaults,
    ...samplingOptions(fields),
    ...llamaForm(fields),
    maxTokens: count < 0 ? contextSize : count,
    ...(top > 0 && { logprobs: top }),
    ...(maxMs > 0 && { maxTime: Math.min(1e6, maxMs / 1000) }),
  };
  return { promptIds, options, withTokens: fields.flag("return_tokens") ?? false };
}

/** A text, token ids, or a list of both. */
function readPrompt(fields: RequestFields, { model }: Service): readonly number[] {
  const value = fields.value("prompt");
  if (typeof value === "string") return model.promptIds(value, { parseSpecial: true });
  const { vocabSize } = model.config;
  const ids = (Array.isArray(value) ? value : [undefined]).map((part) => {
    if (typeof part === "string") return model.tokenizer.encode(part, { parseSpecial: true });
    return Number.isSafeInteger(part) && Number(part) >= 0 && Number(part) < vocabSize ? [Number(part)] : [];
  });
  if (ids.length > 0 && ids.every(({ length }) => length > 0)) return ids.flat();
  throw fields.wrong("prompt", "a text, token ids, or a list of both");
}

function ended({ service }: Exchange, request: Request, sample: Sample, content: string) {
  const { ids, promptTokens, reusedTokens, promptMs, generatedMs, logprobs } = sample;
  return {
    ...{ index: 0, content, stop: true, model: service.name },
    tokens: request.withTokens ? ids : [],
    stop_type: STOP_TYPES[sample.finishReason],
    stopping_word: sample.stopText ?? "",
    generation_settings: { seed: sample.seed, n_ctx: service.model.contextSize },
    tokens_predicted: ids.length,
    tokens_evaluated: sample.promptIds.length,
    tokens_cached: reusedTokens,
    truncated: false,
    timings: {
      ...{ cache_n: reusedTokens, prompt_n: promptTokens, prompt_ms: promptMs },
      prompt_per_second: (1000 * promptTokens) / Math.max(promptMs, 1e-3),
      ...{ predicted_n: ids.length, predicted_ms: generatedMs },
      predicted_per_second: (1000 * ids.length) / Math.max(generatedMs, 1e-3),
    },
    ...(logprobs && {
      completion_probabilities: ids.map((id, i) => {
        return probabilityOf(service.model, id, logprobs[i] ?? { logprob: 0, top: [] });
      }),
    }),
  };
}

const STOP_TYPES: Readonly<Record<FinishReason, string>> = {
  ...{ stop: "word", eos: "eos", length: "limit", context: "limit", time: "limit", interrupted: "none" },
};

function probabilityOf({ tokenizer }: TextModel, id: number, { logprob, top }: TokenLogprobs) {
  const told = (id: number, logprob: number) => ({
    ...{ id, token: id < tokenizer.vocabSize ? tokenizer.decode([id]) : "", logprob },
    bytes: id < tokenizer.vocabSize ? [...tokenizer.bytes(id)] : [],
  });
  return { ...told(id, logprob), top_logprobs: top.map(({ id, logprob }) => told(id, logprob)) };
}
