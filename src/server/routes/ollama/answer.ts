/** An answer in ollama's words, whole or in lines. Times are nanoseconds. */
import type { FinishReason } from "../../../generate/options/options.ts";
import type { Sample } from "../../../text/samples/sample.ts";
import { asRequestError, errorBody } from "../../http/request-error.ts";
import { type Exchange, sendJson } from "../../route.ts";
import { generateAll, type Wish } from "../generate-all.ts";
import { JsonLines } from "./lines.ts";

/** @param field the text as a field of the reply: `response`, or `message` */
export async function answer(
  exchange: Exchange,
  { prompts, options }: Omit<Wish, "count">,
  stream: boolean,
  field: (text: string) => object,
): Promise<void> {
  const { service, response, fields } = exchange;
  const start = performance.now();
  const wish = { prompts, options, count: 1 };
  const head = () => ({ model: service.name, created_at: new Date().toISOString() });
  const end = (sample: Sample, text: string) => ({
    ...{ ...head(), ...field(text), done: true, done_reason: doneReason(sample.finishReason) },
    total_duration: nanoseconds(performance.now() - start),
    load_duration: 0,
    prompt_eval_count: sample.promptIds.length,
    prompt_eval_duration: nanoseconds(sample.promptMs),
    eval_count: sample.ids.length,
    eval_duration: nanoseconds(sample.generatedMs),
  });
  if (!stream) {
    const [sample] = (await generateAll(exchange, wish)).flat() as [Sample];
    return sendJson(exchange, end(sample, sample.text));
  }
  const lines = new JsonLines(response, fields.ignored);
  try {
    const samples = await generateAll(exchange, wish, async (_, { text }) => {
      if (text !== "") await lines.send({ ...head(), ...field(text), done: false });
    });
    const [sample] = samples.flat() as [Sample];
    await lines.send(end(sample, ""));
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
