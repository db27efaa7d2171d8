/** The types of models, and those that tokenizer.json may have. */

import { invalidFile } from "../../../files/invalid-file.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import { quote } from "../../../files/quote.ts";
import type { ModelDescription } from "../../description.ts";
import { bpeFormat } from "./bpe.ts";
import { lookupFormat } from "./lookup.ts";
import type { ModelFormat } from "./model-format.ts";
import { unigramFormat } from "./unigram.ts";
import { wordPieceFormat } from "./word-piece.ts";

type Formats = { readonly [Type in ModelDescription["type"]]: ModelFormat<DescriptionOf<Type>> };
type DescriptionOf<Type> = Extract<ModelDescription, { readonly type: Type }>;

const formats: Formats = {
  BPE: bpeFormat,
  WordPiece: wordPieceFormat,
  Unigram: unigramFormat,
  Lookup: lookupFormat,
};

/** Those of tokenizer.json. */
const TYPES: readonly string[] = ["BPE", "WordPiece", "Unigram"] satisfies ModelDescription["type"][];

/** Of the type of a description, which it reads and writes. */
export const modelFormat = (type: ModelDescription["type"]): ModelFormat<ModelDescription> =>
  formats[type] as ModelFormat<ModelDescription>;

/**
 * The format of the `model` of a tokenizer.json. Old files have BPE without a type.
 * @throws GptError `invalid-file` for a type that is not implemented
 */
export function formatOf(model: JsonFields): ModelFormat<ModelDescription> {
  const type = model.optionalString("type") ?? "BPE";
  if (TYPES.includes(type)) return modelFormat(type as ModelDescription["type"]);
  throw invalidFile(
    model.file,
    `${model.path}type: model ${quote(type)} is not implemented; there is ${TYPES.join(", ")}`,
  );
}
