/** The `post_processor` of a tokenizer.json: the tokens that it puts around one text or two. */

import { invalidFile } from "../../files/invalid-file.ts";
import type { JsonFields } from "../../files/json-fields.ts";
import { quote } from "../../files/quote.ts";
import type { Vocabulary } from "../bpe/vocabulary.ts";
import { aroundTexts, bertTemplate, type Place, robertaTemplate, type Template } from "../template.ts";

type Reader = (fields: JsonFields, vocabulary: Vocabulary) => Template | undefined;

const readers: Readonly<Record<string, Reader>> = {
  /** Trims offsets, and adds nothing. */
  ByteLevel: () => undefined,
  BertProcessing: (fields, vocabulary) => bertTemplate(...classAndSeparator(fields, vocabulary)),
  RobertaProcessing: (fields, vocabulary) => robertaTemplate(...classAndSeparator(fields, vocabulary)),
  TemplateProcessing: readTemplate,
  /** Each processor goes around the last one. */
  Sequence: (fields, vocabulary) =>
    fields
      .objects("processors")
      .map((processor) => readPostProcessor(processor, vocabulary))
      .reduce((inner, outer) => (inner && outer ? nested(outer, inner) : (inner ?? outer)), undefined),
};

/**
 * @returns undefined for one that adds nothing
 * @throws GptError `invalid-file` for a type that is not implemented, and for ids that the vocabulary does
 *   not have
 */
export function readPostProcessor(
  fields: JsonFields | undefined,
  vocabulary: Vocabulary,
): Template | undefined {
  if (fields === undefined) return undefined;
  const type = fields.string("type");
  const read = Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (read !== undefined) return read(fields, vocabulary);
  throw invalidFile(fields.file, `${fields.path}type: post-processor ${quote(type)} is not implemented`);
}

/** Each text of the outer template is a text of the inner one, with the tokens around it. */
function nested(outer: Template, inner: Template): Template {
  const place = (place: Place): Place[] =>
    "id" in place
      ? [place]
      : inner.single.map((part) => ("id" in part ? part : { text: place.text, type: place.type }));
  return { single: outer.single.flatMap(place), pair: outer.pair.flatMap(place) };
}

/** `cls` and `sep`, each `["<s>", 0]`. */
function classAndSeparator(fields: JsonFields, vocabulary: Vocabulary): [cls: number, sep: number] {
  const id = (name: string): number => checkedId(fields, name, fields.list(name)[1], vocabulary);
  return [id("cls"), id("sep")];
}

/**
 * Places for special tokens, `{"SpecialToken": {"id": "<s>"}}`, and for texts, `{"Sequence": {"id": "A"}}`.
 */
function readTemplate(fields: JsonFields, vocabulary: Vocabulary): Template {
  const single = readPlaces(fields, "single", vocabulary);
  if (single.filter((place) => "text" in place).length !== 1) {
    fields.fail("single", "a place for the text");
  }
  const pair = fields.get("pair") === undefined ? [] : readPlaces(fields, "pair", vocabulary);
  return { single, pair: pair.length > 0 ? pair : aroundTexts([], []).pair };
}

function readPlaces(fields: JsonFields, name: "single" | "pair", vocabulary: Vocabulary): Place[] {
  return fields.objects(name).flatMap((item): Place[] => {
    if (item.get("SpecialToken") === undefined) {
      const sequence = item.object("Sequence");
      return [{ text: sequence.string("id") === "B" ? 1 : 0, type: readType(sequence) }];
    }
    const token = item.object("SpecialToken");
    const type = readType(token);
    const ids = fields.object("special_tokens").object(token.string("id"));
    return ids.list("ids").map((id) => ({ id: checkedId(ids, "ids", id, vocabulary), type }));
  });
}

const readType = (fields: JsonFields): number =>
  fields.get("type_id") === undefined ? 0 : fields.count("type_id");

function checkedId(fields: JsonFields, field: string, id: unknown, vocabulary: Vocabulary): number {
  if (typeof id === "number" && vocabulary.texts[id] !== undefined) return id;
  return fields.fail(field, "an id of the vocabulary", id);
}
