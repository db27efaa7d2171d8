import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { parseExactJson } from "../../../src/chat/jinja/values/json-values.ts";
import { MarkedText, SCAFFOLD } from "../../../src/chat/jinja/values/marked-text.ts";
import { ChatTemplate } from "../../../src/chat/template/chat-template.ts";
import { promptIdsOf } from "../../../src/chat/template/prompt-ids.ts";
import type { PipelineTokenizer } from "../../../src/tokenizer/index.ts";
import { CHAT_TOKENS, chatTokenizer } from "../../fixtures/chat/chat-tokenizer.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";

const place = temporaryFolder();
const CHATML =
  "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim | upper }}<|im_end|>\n{% endfor %}";

describe("promptIdsOf", () => {
  let tokenizer: PipelineTokenizer;
  beforeAll(async () => {
    tokenizer = await chatTokenizer(place("model"));
  });
  /** Ids of tokens that are cut out of texts, but for blanks. */
  const isAdded = (id: number) =>
    id === 0 || (id >= tokenizer.vocabSize - CHAT_TOKENS.length && id < tokenizer.vocabSize - 1);

  it("equals the ids of the whole text if no content spells a token", () => {
    const template = new ChatTemplate(CHATML, "t");
    const messages = parseExactJson('[{"role": "user", "content": " Hello,    world "}]');
    const prompt = template.render(messages);
    expect(promptIdsOf(tokenizer, prompt)).toEqual(tokenizer.encode(prompt.text, { parseSpecial: true }));
  });

  it("makes no control token of content, whatever a template does to it", () => {
    const template = new ChatTemplate("<|im_start|>{{ messages[0].content | lower | trim }}<|im_end|>", "t");
    const content = CHAT_TOKENS.map(({ content }) => content.toUpperCase()).join("<|ENDOFTEXT|>");
    const prompt = template.render(parseExactJson(JSON.stringify([{ role: "user", content }])));
    const ids = promptIdsOf(tokenizer, prompt);
    expect(ids.filter(isAdded)).toEqual([
      tokenizer.controlTokenId("<|im_start|>"),
      tokenizer.controlTokenId("<|im_end|>"),
    ]);
    expect(tokenizer.decode(ids)).toBe(prompt.text);
  });

  it("finds the tokens of the scaffold beside any content", () => {
    const names = [
      ...CHAT_TOKENS.map(({ content }) => content),
      "<|endoftext|>",
      "<",
      "|",
      "im_end",
      " ",
      "a",
      "é",
    ];
    const text = fc.array(fc.constantFrom(...names), { maxLength: 6 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (contents) => {
        const mark = MarkedText.of("<|im_start|>", SCAFFOLD);
        const prompt = MarkedText.join(contents.flatMap((content) => [mark, MarkedText.of(content, "user")]));
        const ids = promptIdsOf(tokenizer, prompt);
        const start = tokenizer.controlTokenId("<|im_start|>");
        expect(ids.filter(isAdded)).toEqual(contents.map(() => start));
        expect(tokenizer.decode(ids)).toBe(prompt.text);
      }),
    );
  });
});
