/** The types of models that tokenizer.json may have. */

import { invalidFile } from "../../../files/invalid-file.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { quote } from "../../../files/quote.ts";
import { bpeFormat } from "./bpe.ts";
import type { ModelFormat } from "./model-format.ts";

const formats = {
  BPE: bpeFormat,
};

type ModelType = keyof typeof formats;

export const modelFormat = (type: ModelType): ModelFormat => formats[type];

/**
 * The format of the `model` of a tokenizer.json. Old files have BPE without a type.
 * @throws GptError `invalid-file` for a type that is not implemented
 */
export function formatOf(model: JsonFields): ModelFormat {
  const type = model.optionalString("type") ?? "BPE";
  if (Object.hasOwn(formats, type)) return modelFormat(type as ModelType);
  const known = Object.keys(formats).join(", ");
  throw invalidFile(
    model.file,
    `${model.path}type: model ${quote(type)} is not implemented; there is ${known}`,
  );
}
