/** `Replace` of tokenizer.json: the matches of a pattern become another text. */

import type { JsonFields } from "../../../files/json-fields.ts";
import { grown, longestOf, MAX_CONTENT, type Rewrite } from "../../rewrite.ts";
import { isQuick, readPattern, withinTime } from "./file-pattern.ts";

export function readReplace(fields: JsonFields): Rewrite {
  const pattern = readPattern(fields);
  const quick = isQuick(fields);
  const content = fields.string("content");
  if (content.length > MAX_CONTENT) fields.fail("content", `at most ${MAX_CONTENT} characters`);
  return (text) => {
    const longest = longestOf(text);
    let inserted = 0;
    const replacement = () => {
      inserted += content.length;
      if (inserted > longest) throw grown(text, inserted);
      return content;
    };
    const rewrite = () => text.replaceAll(pattern, replacement);
    return quick ? rewrite() : withinTime(fields, text.length, rewrite);
  };
}
