import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReasoningParts } from "../../src/chat/reasoning.ts";

/** Reasoning in brackets. @param pieces in which the answer comes */
function shown(prompt: string, pieces: readonly string[]): string {
  const parts = new ReasoningParts(prompt);
  const all = [...pieces.flatMap((piece) => parts.push(piece)), ...parts.flush()];
  const merged: { text: string; isReasoning: boolean }[] = [];
  for (const part of all) {
    const last = merged.at(-1);
    if (last?.isReasoning === part.isReasoning) last.text += part.text;
    else merged.push({ ...part });
  }
  return merged.map(({ text, isReasoning }) => (isReasoning ? `[${text}]` : text)).join("");
}

describe("ReasoningParts", () => {
  it.each([
    ["", "a<think>b</think>c", "a[b]c"],
    ["<|assistant|><think>\n", "b</think>c", "[b]c"],
    ["", "no tags < here </think>", "no tags < here </think>"],
    ["", "[THINK]b[/THINK]c", "[b]c"],
    ["", "<think>unfinished", "[unfinished]"],
    ["", "ends in <thi", "ends in <thi"],
    ["", "<think></think>a<think>b</think>", "a[b]"],
  ])("after %j: %j", (prompt, answer, expected) => {
    expect(shown(prompt, [answer])).toBe(expected);
    expect(shown(prompt, [...answer])).toBe(expected);
    fc.assert(
      fc.property(fc.nat(answer.length), (cut) => {
        expect(shown(prompt, [answer.slice(0, cut), answer.slice(cut)])).toBe(expected);
      }),
    );
  });
});
