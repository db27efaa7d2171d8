/** The keywords of strings that are regular expressions: `pattern` and `format`. */
import { searched, whole } from "../regex/anchored.ts";
import { parseRegex } from "../regex/parse.ts";
import { type Automaton, automatonOf } from "../regular/automaton.ts";
import { formats } from "./formats.ts";
import type { Keywords } from "./keywords.ts";

export function patternsOf(keywords: Keywords, of = ["pattern", "format"]): readonly Automaton[] {
  const [pattern, format] = ["pattern", "format"].map((keyword) =>
    of.includes(keyword) ? keywords.text(keyword) : undefined,
  );
  const known = format === undefined ? undefined : formats.get(format);
  if (format !== undefined && known === undefined) {
    throw keywords.fault("format", `"${format}" is not supported: ${[...formats.keys()].join(", ")} are`);
  }
  return [
    ...(pattern === undefined ? [] : [patternOf(keywords, "pattern", pattern)]),
    ...(known === undefined ? [] : [automatonOf(whole(parseRegex(known)))]),
  ];
}

/** @param keyword that has the pattern, for errors */
export function patternOf(keywords: Keywords, keyword: string, pattern: string): Automaton {
  try {
    return automatonOf(searched(parseRegex(pattern)));
  } catch (error) {
    throw keywords.fault(keyword, (error as Error).message);
  }
}
