/** The `post_processor` of a tokenizer.json: the tokens that it puts around every text. */

import { invalidFile } from "../../files/invalid-file.ts";
import type { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import type { Vocabulary } from "../bpe/vocabulary.ts";

export interface Surroundings {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const NOTHING: Surroundings = { before: [], after: [] };

type Reader = (fields: JsonFields, vocabulary: Vocabulary) => Surroundings;

const readers: Readonly<Record<string, Reader>> = {
  /** Trims offsets, and adds nothing. */
  ByteLevel: () => NOTHING,
  BertProcessing: readClassAndSeparator,
  RobertaProcessing: readClassAndSeparator,
  TemplateProcessing: readTemplate,
  /** Each processor goes around the last one. */
  Sequence: (fields, vocabulary) =>
    fields
      .objects("processors")
      .map((processor) => readPostProcessor(processor, vocabulary))
      .reduce(
        (inner, outer) => ({
          before: [...outer.before, ...inner.before],
          after: [...inner.after, ...outer.after],
        }),
        NOTHING,
      ),
};

/**
 * @throws GptError `invalid-file` for a type that is not implemented, and for ids that the vocabulary does
 *   not have
 */
export function readPostProcessor(fields: JsonFields | undefined, vocabulary: Vocabulary): Surroundings {
  if (fields === undefined) return NOTHING;
  const type = fields.string("type");
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (read !== undefined) return read(fields, vocabulary);
  throw invalidFile(fields.file, `${fields.path}type: post-processor ${quote(type)} is not implemented`);
}

/** `cls` and `sep`, each `["<s>", 0]`. */
function readClassAndSeparator(fields: JsonFields, vocabulary: Vocabulary): Surroundings {
  const id = (name: string): number => {
    const token = fields.list(name);
    return checkedId(fields, name, token[1], vocabulary);
  };
  return { before: [id("cls")], after: [id("sep")] };
}

/** `single`: special tokens by their names, and the text as `{"Sequence": {"id": "A"}}`. */
function readTemplate(fields: JsonFields, vocabulary: Vocabulary): Surroundings {
  const items = fields.objects("single");
  const text = items.findIndex((item) => item.get("SpecialToken") === undefined);
  const idsOf = (some: readonly JsonFields[]): number[] =>
    some.flatMap((item) => templateIds(fields, item, vocabulary));
  if (text === -1) return fields.fail("single", "a place for the text");
  return { before: idsOf(items.slice(0, text)), after: idsOf(items.slice(text + 1)) };
}

function templateIds(fields: JsonFields, item: JsonFields, vocabulary: Vocabulary): number[] {
  if (item.get("SpecialToken") === undefined) return fields.fail("single", "one place for the text");
  const name = item.object("SpecialToken").string("id");
  const ids = fields.object("special_tokens").object(name).list("ids");
  return ids.map((id) => checkedId(fields, `special_tokens.${name}.ids`, id, vocabulary));
}

function checkedId(fields: JsonFields, field: string, id: unknown, vocabulary: Vocabulary): number {
  if (typeof id === "number" && vocabulary.texts[id] !== undefined) return id;
  return fields.fail(field, "an id of the vocabulary", id);
}
