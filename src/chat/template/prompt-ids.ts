/**
 * The ids of a rendered prompt. The template's own text may become control tokens; what people, tools and
 * models wrote may not, whatever it spells: no message can end its turn and begin one of another role.
 */
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { MarkedText, SCAFFOLD } from "../jinja/values/marked-text.ts";
import { joinedIds } from "../joining.ts";

/** The template prints the token that begins a text, if the model has one: none is added. */
export function promptIdsOf(tokenizer: Tokenizer, prompt: MarkedText): readonly number[] {
  const { runs } = prompt;
  let run = 0;
  let begin = 0;
  return tokenizer.encode(prompt.text, {
    parseSpecial: (start, end) => {
      // Places come in ascending order, but for tokens that were tried at the same place.
      while (run > 0 && start < begin) begin = runs[--run - 1]?.end ?? 0;
      for (let next = runs[run]; next !== undefined && next.end <= start; next = runs[run]) {
        begin = next.end;
        run++;
      }
      const found = runs[run];
      return found !== undefined && found.origin === SCAFFOLD && end <= found.end;
    },
  });
}

/** The ids with which a part of a prompt follows those before it. */
export const promptIdsAfter = (tokenizer: Tokenizer, previous: readonly number[], part: MarkedText) =>
  joinedIds(tokenizer, previous, (anchor) =>
    promptIdsOf(tokenizer, MarkedText.join([MarkedText.of(anchor), part])),
  );
