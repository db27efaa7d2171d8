/**
 * `^` and `$` of an expression that matches the whole text anyway. They stand at the ends of alternatives;
 * elsewhere they are refused.
 */
import { GptError } from "../../../errors.ts";
import type { Pattern } from "./pattern.ts";

/** @throws GptError `usage` for `^` or `$` in the middle */
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
