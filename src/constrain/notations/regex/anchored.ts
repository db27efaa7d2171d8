/**
 * A regular expression that is searched in a text -> one that is the whole text. `^` and `$` stand at the ends
 * of alternatives; elsewhere they are refused.
 */
import { GptError } from "../../../errors.ts";
import { everyCharacter } from "../../grammar/code-points.ts";
import type { Pattern } from "./pattern.ts";

const anything: Pattern = {
  kind: "repeat",
  of: { kind: "characters", set: everyCharacter },
  least: 0,
  most: Infinity,
};

/** @throws GptError `usage` for `^` or `$` in the middle */
export function searched(pattern: Pattern): Pattern {
  if (pattern.kind === "choice") return { kind: "choice", options: pattern.options.map(searched) };
  const parts = pattern.kind === "sequence" ? [...pattern.parts] : [pattern];
  const [first] = parts;
  // A group that alone is the whole pattern, or stands between ^ and $.
  if (parts.length === 1 && first?.kind === "choice") return searched(first);
  const isAtStart = first?.kind === "start";
  if (isAtStart) parts.shift();
  const isAtEnd = parts.at(-1)?.kind === "end";
  if (isAtEnd) parts.pop();
  const inner: Pattern = { kind: "sequence", parts };
  refuseAnchors(inner);
  return {
    kind: "sequence",
    parts: [...(isAtStart ? [] : [anything]), inner, ...(isAtEnd ? [] : [anything])],
  };
}

/** The same of an expression that must match the whole text anyway. */
export function whole(pattern: Pattern): Pattern {
  if (pattern.kind === "choice") return { kind: "choice", options: pattern.options.map(whole) };
  const parts = pattern.kind === "sequence" ? [...pattern.parts] : [pattern];
  if (parts[0]?.kind === "start") parts.shift();
  if (parts.at(-1)?.kind === "end") parts.pop();
  const inner: Pattern = { kind: "sequence", parts };
  refuseAnchors(inner);
  return inner;
}

function refuseAnchors(pattern: Pattern): void {
  switch (pattern.kind) {
    case "start":
    case "end": {
      const mark = pattern.kind === "start" ? "^" : "$";
      throw new GptError(
        "usage",
        `${mark} in the middle of a regular expression is not supported: move it to an end`,
      );
    }
    case "sequence":
      pattern.parts.forEach(refuseAnchors);
      return;
    case "choice":
      pattern.options.forEach(refuseAnchors);
      return;
    case "repeat":
      refuseAnchors(pattern.of);
  }
}
