/** A rendered prompt in colours: the template's own text is dim, and each author has a colour. */
import { type MarkedText, SCAFFOLD } from "../../chat/jinja/values/marked-text.ts";
import type { Output } from "./output.ts";
import type { Paint, Style } from "./style.ts";

export async function writePrompt(prompt: MarkedText, output: Output, style: Style): Promise<void> {
  for (const { text, origin } of prompt.pieces()) await output.write(text, paintOf(origin, style));
}

function paintOf(origin: string, style: Style): Paint {
  if (origin === SCAFFOLD) return style.dim;
  if (origin === "system" || origin === "developer") return style.yellow;
  if (origin === "assistant" || origin === "model") return style.green;
  return origin === "user" ? style.bold : style.cyan;
}
