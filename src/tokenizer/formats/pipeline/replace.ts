/** `Replace` of tokenizer.json: the matches of a pattern become another text. */

import type { JsonFields } from "../../../files/json-fields.ts";
import { placeAfter, type Searcher } from "../../pattern/search.ts";
import { withinTime } from "../../pattern/time-limit.ts";
import { grown, longestOf, MAX_CONTENT, type Rewrite } from "../../rewrite.ts";
import { readPattern, tooSlow } from "./file-pattern.ts";

export function readReplace(fields: JsonFields): Rewrite {
  const content = fields.string("content");
  if (content.length > MAX_CONTENT) fields.fail("content", `at most ${MAX_CONTENT} characters`);
  const literal = fields.optionalObject("pattern")?.optionalString("String");
  const { matches, isLinear } = readPattern(fields);
  if (literal !== undefined && content.length <= literal.length)
    return (text) => text.replaceAll(literal, () => content);
  const rewrite: Rewrite = (text) => replaced(text, matches, content);
  return isLinear ? rewrite : (text) => withinTime(text.length, tooSlow(fields), () => rewrite(text));
}

function replaced(text: string, matches: Searcher, content: string): string {
  const longest = longestOf(text);
  let result = "";
  let done = 0;
  let lastEnd = -1;
  let inserted = 0;
  let next = 0;
  for (const search = matches(text); search.next(next); ) {
    const { start, end } = search;
    next = end > start ? end : placeAfter(text, end);
    // Oniguruma finds no empty match at the end of another one.
    if (end === start && end === lastEnd) continue;
    lastEnd = end;
    inserted += content.length;
    if (inserted > longest) throw grown(text, inserted);
    result += text.slice(done, start) + content;
    done = end;
  }
  return result + text.slice(done);
}
