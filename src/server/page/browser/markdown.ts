/**
 * Markdown as elements. What a model writes may be meant for the reader's browser: nothing in it can run, and
 * nothing loads, because the address of an image could tell another host what was said.
 */
import DOMPurify from "dompurify";
import { marked } from "marked";

const FORBIDDEN = [
  "img",
  "picture",
  "audio",
  "video",
  "source",
  "svg",
  "math",
  "style",
  "form",
  "input",
  "button",
];

DOMPurify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

export function markdown(text: string): DocumentFragment {
  const html = marked.parse(text, { async: false, gfm: true, breaks: true });
  return DOMPurify.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    FORBID_TAGS: FORBIDDEN,
    FORBID_ATTR: ["style", "class", "id", "name"],
    ALLOWED_URI_REGEXP: /^https?:/i,
  });
}
