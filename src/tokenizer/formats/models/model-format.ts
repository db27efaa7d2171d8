/**
 * How tokenizer.json describes a type of model. Each type has a file of its own, and a line in `models.ts`.
 */

import type { JsonObject } from "../../../files/json.ts";
import type { JsonFields } from "../../../files/json-fields.ts";
import type { Vocabulary } from "../../bpe/vocabulary.ts";
import type { ModelDescription } from "../../description.ts";
import type { TokenizerFacts } from "../../facts.ts";
import type { PieceModel } from "../../model.ts";
import type { Splitter } from "../../pattern/splitters.ts";

export interface ModelFormat<D extends ModelDescription> {
  /** The vocabulary's texts and their ids. @param model the `model` of the file */
  entries(model: JsonFields): readonly (readonly [text: string, id: number])[];
  read(model: JsonFields, vocabulary: Vocabulary): D;
  write(description: D, vocabulary: Vocabulary): JsonObject;
  assemble(description: D, vocabulary: Vocabulary, pieces: Pieces): AssembledModel;
}

/** The pieces that the pre-tokenizer gives to the model. */
export interface Pieces {
  readonly split: Splitter;
  /** The model works on bytes, which it spells itself or finds spelled in GPT-2's alphabet. */
  readonly bytes: "none" | "by model" | "by splitter";
}

export interface AssembledModel {
  readonly model: PieceModel;
  readonly split: Splitter;
  readonly kind: TokenizerFacts["kind"];
  /** Pairs of tokens that merge. */
  readonly merges: number;
}
