import { describe, expect, it } from "vitest";
import type { AnswerPart } from "../../../src/chat/answer/answer-part.ts";
import { ChannelAnswer } from "../../../src/chat/answer/channel-answer.ts";
import { isJsonObjectText } from "../../../src/chat/tools/json-calls.ts";

/** @param text with control tokens between `<|` and `|>` */
function partsOf(text: string): readonly AnswerPart[] {
  const answer = new ChannelAnswer(new Set(["weather"]), isJsonObjectText);
  const pieces = text.split(/(<\|\w+\|>)/).filter((piece) => piece !== "");
  const parts = pieces.flatMap((piece) => {
    if (/^<\|\w+\|>$/.test(piece)) return answer.control(piece);
    return [...piece].flatMap((letter) => answer.push(letter));
  });
  const merged: AnswerPart[] = [];
  for (const part of [...parts, ...answer.flush()]) {
    const last = merged.at(-1);
    if (last === undefined || last.kind === "call" || part.kind !== last.kind) merged.push(part);
    else merged[merged.length - 1] = { kind: last.kind, text: last.text + part.text };
  }
  return merged;
}

const ANALYSIS = "<|channel|>analysis<|message|>Hm.<|end|>";

describe("answers in channels", () => {
  it.each<[string, readonly AnswerPart[]]>([
    [
      `${ANALYSIS}<|start|>assistant<|channel|>final<|message|>Hi.`,
      [
        { kind: "reasoning", text: "Hm." },
        { kind: "text", text: "Hi." },
      ],
    ],
    [
      `${ANALYSIS}<|start|>assistant<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{"a": 1}<|call|>`,
      [
        { kind: "reasoning", text: "Hm." },
        { kind: "call", call: { name: "weather", arguments: '{"a": 1}' } },
      ],
    ],
    [
      '<|start|>assistant to=functions.weather<|channel|>commentary json<|message|>{"a": 1}',
      [{ kind: "call", call: { name: "weather", arguments: '{"a": 1}' } }],
    ],
    ["<|channel|>commentary<|message|>I look.<|end|>", [{ kind: "text", text: "I look." }]],
    [
      "<|channel|>commentary to=functions.weather<|message|>{broken<|call|>",
      [{ kind: "text", text: "{broken" }],
    ],
    ["<|channel|>commentary to=functions.other<|message|>{}<|call|>", [{ kind: "text", text: "{}" }]],
    ["<|channel|>analysis", []],
    ["plain text", [{ kind: "text", text: "plain text" }]],
  ])("%s", (text, parts) => {
    expect(partsOf(text)).toEqual(parts);
  });
});
