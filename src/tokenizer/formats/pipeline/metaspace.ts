/** `Metaspace` of tokenizer.json: SentencePiece's spelling of spaces. */

import type { JsonFields } from "../../../files/json-fields.ts";
import { regular } from "../../pattern/automaton.ts";
import { escapeLiteral } from "../../pattern/regex.ts";
import { type Splitter, splitAt, unsplit } from "../../pattern/splitters.ts";

/** The pre-tokenizer: spaces become a visible character, and one is put before the text. */
export function readMetaspace(fields: JsonFields): Splitter {
  const mark = metaspaceMark(fields);
  const scheme = metaspaceScheme(fields);
  const words = splitAt(regular(new RegExp(escapeLiteral(mark), "u")), "MergedWithNext");
  const pieces = fields.boolean("split", true) ? words : unsplit;
  return (text, atStart, take) => {
    const marked = text.replaceAll(" ", mark);
    const prefixed = scheme === "always" || (scheme === "first" && atStart);
    pieces(prefixed && !marked.startsWith(mark) ? mark + marked : marked, atStart, take);
  };
}

/** The character for spaces. */
export function metaspaceMark(fields: JsonFields): string {
  const mark = fields.optionalString("replacement") ?? "▁";
  return [...mark].length === 1 ? mark : fields.fail("replacement", "one character");
}

/** When a Metaspace puts its mark before a text; older files say so by `add_prefix_space`. */
export function metaspaceScheme(fields: JsonFields): "always" | "first" | "never" {
  const absent = fields.boolean("add_prefix_space", true) ? "always" : "never";
  const scheme = fields.optionalString("prepend_scheme") ?? absent;
  if (scheme === "always" || scheme === "first" || scheme === "never") return scheme;
  return fields.fail("prepend_scheme", '"always", "first" or "never"');
}
