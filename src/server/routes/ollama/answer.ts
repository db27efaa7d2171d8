/** An answer in ollama's words, whole or in lines. Times are nanoseconds. */
import type { FinishReason } from "../../../generate/options/options.ts";
import type { Sample } from "../../../text/samples/sample.ts";
import { asRequestError, errorBody } from "../../http/request-error.ts";
import { type Exchange, sendJson } from "../../route.ts";
import { JsonLines } from "./lines.ts";

/** What an answer, or a part of it, has: calls have their arguments as an object. */
export interface OllamaPart {
  readonly content: string;
  readonly thinking?: string;
  readonly tool_calls?: readonly object[];
}

interface Answer {
  readonly sample: Sample;
  readonly whole: OllamaPart;
}

/**
 * @param field the part as a field of the reply: `response`, or `message`
 * @param work passes the parts on and returns the whole
 */
export async function answer(
  exchange: Exchange,
  stream: boolean,
  field: (part: OllamaPart) => object,
  work: (onPart: (part: OllamaPart) => Promise<void>) => Promise<Answer>,
): Promise<void> {
  const { service, response, fields } = exchange;
  const start = performance.now();
  const head = () => ({ model: service.name, created_at: new Date().toISOString() });
  const end = (sample: Sample, part: OllamaPart) => ({
    ...{ ...head(), ...field(part), done: true, done_reason: doneReason(sample.finishReason) },
    total_duration: nanoseconds(performance.now() - start),
    load_duration: 0,
    prompt_eval_count: sample.promptIds.length,
    prompt_eval_duration: nanoseconds(sample.promptMs),
    eval_count: sample.ids.length,
    eval_duration: nanoseconds(sample.generatedMs),
  });
  if (!stream) {
    const { sample, whole } = await work(async () => {});
    return sendJson(exchange, end(sample, whole));
  }
  const lines = new JsonLines(response, fields.ignored);
  try {
    const { sample } = await work((part) => lines.send({ ...head(), ...field(part), done: false }));
    await lines.send(end(sample, { content: "" }));
  } catch (error) {
    if (!exchange.signal.aborted) await lines.send(errorBody(asRequestError(error), "ollama"));
    throw error;
  } finally {
    lines.end();
  }
}

const doneReason = (reason: FinishReason): "stop" | "length" =>
  reason === "stop" || reason === "eos" ? "stop" : "length";

const nanoseconds = (ms: number): number => Math.round(ms * 1e6);
