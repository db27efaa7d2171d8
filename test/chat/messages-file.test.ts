import { describe, expect, it } from "vitest";
import { messageLines, parseMessageLines } from "../../src/chat/messages-file.ts";

describe("messageLines", () => {
  it("is read as it was written", () => {
    const messages = [
      { role: "system", content: "" },
      { role: "user", content: 'é\n"😀"' },
    ];
    expect(parseMessageLines(messageLines(messages), "f")).toEqual(messages);
    expect(parseMessageLines("\n \n", "f")).toEqual([]);
  });

  it.each(["{", "5", "[]", '{"role": "user"}', '{"role": 1, "content": "a"}'])(
    "refuses %j by its line",
    (line) => {
      const text = `${messageLines([{ role: "user", content: "a" }])}${line}\n`;
      expect(() => parseMessageLines(text, "talk.jsonl")).toThrow("talk.jsonl, line 2: is no message");
    },
  );
});
