/** Vectors of the texts of a request, of length 1. */

import { normalized } from "../../library/embedding/pooling.ts";
import type { Encoder } from "../../library/encoder.ts";
import type { RequestFields } from "../http/fields.ts";
import { RequestError } from "../http/request-error.ts";
import type { Exchange } from "../route.ts";
import type { Service } from "../service.ts";

/** Texts of a request. */
const MOST_TEXTS = 2048;

export interface EmbeddedTexts {
  readonly vectors: readonly Float32Array[];
  /** Tokens that were read. */
  readonly tokens: number;
}

interface EmbedSettings {
  /** The field with the texts. */
  readonly field: string;
  /** Whether the end of a text that is too long is left out. */
  readonly truncates: boolean;
}

/** @throws RequestError 400 for a text that is too long, before any is read */
export async function embedTexts(
  { service, fields, client, signal }: Exchange,
  { field, truncates }: EmbedSettings,
): Promise<EmbeddedTexts> {
  const { embedder } = service;
  service.checkModel(fields.text("model"), embedder?.name);
  const dimensions = fields.whole("dimensions", 1);
  const encoder = await service.encoder();
  const texts = textsOf(fields, field, encoder);
  if (!truncates) checkLengths(texts, encoder, field);
  if (dimensions !== undefined && dimensions > encoder.config.nEmbd) {
    throw fields.wrong("dimensions", `at most ${encoder.config.nEmbd} dimensions`);
  }
  service.admission.check(1);
  const found = await service.admission.run(client, signal, () => encoder.embed(texts, { signal }));
  const vectors = found.map(({ embedding }) => normalized(embedding.slice(0, dimensions)));
  return { vectors, tokens: found.reduce((sum, { tokens }) => sum + tokens, 0) };
}

/** The model's name in replies. */
export const embedderName = ({ embedder, name }: Service): string => embedder?.name ?? name;

/** A text, several, token ids, or several lists of token ids. */
function textsOf(fields: RequestFields, field: string, { tokenizer }: Encoder): readonly string[] {
  const value = fields.value(field);
  const isIds = (list: unknown): list is number[] =>
    Array.isArray(list) &&
    list.every((id) => Number.isSafeInteger(id) && id >= 0 && id < tokenizer.vocabSize);
  const items = Array.isArray(value) && !(value.length > 0 && isIds(value)) ? value : [value];
  const texts = items.map((item) =>
    isIds(item) && item.length > 0 ? tokenizer.decode(item, { skipSpecial: true }) : item,
  );
  if (texts.length > 0 && texts.length <= MOST_TEXTS && texts.every((text) => typeof text === "string")) {
    return texts;
  }
  throw fields.wrong(field, `a text, token ids, or a list of at most ${MOST_TEXTS} of them`);
}

function checkLengths(texts: readonly string[], encoder: Encoder, field: string): void {
  for (const [index, text] of texts.entries()) {
    const count = encoder.tokenCount(text);
    if (count <= encoder.maxTokens) continue;
    const sizes = `${field}[${index}] has ${count} tokens, the model reads ${encoder.maxTokens}`;
    throw new RequestError(400, `${sizes}: shorten it, or send "truncate": true`, {
      ...{ param: field, code: "context_length_exceeded" },
    });
  }
}
