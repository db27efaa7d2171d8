/** Text as HTML, which the filters `safe` and `escape` ask for. */
import type { MarkedText } from "./marked-text.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "'": "&#39;",
  '"': "&#34;",
};

/** A safe text stays as it is. */
export const escaped = (text: MarkedText): MarkedText =>
  text.isSafe
    ? text
    : text.map((part) => part.replace(/[&<>'"]/g, (one) => ENTITIES[one] ?? one)).marked(true);
