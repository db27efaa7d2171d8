import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnswerPart } from "../../../src/chat/answer/answer-part.ts";
import { TaggedAnswer } from "../../../src/chat/answer/tagged-answer.ts";
import { callFormatOf } from "../../../src/chat/tools/call-formats.ts";
import { Tools } from "../../../src/chat/tools/tools.ts";

/** Reasoning stands in brackets, and calls in braces. */
function written(answer: TaggedAnswer, pieces: readonly string[]): string {
  const spelled = (part: AnswerPart) => {
    if (part.kind === "call") return `{${part.call.name} ${part.call.arguments}}`;
    return part.kind === "reasoning" ? `[${part.text}]` : part.text;
  };
  const all = [...pieces.flatMap((piece) => answer.push(piece)), ...answer.flush()];
  return all
    .map((part, i) =>
      all[i - 1]?.kind === "reasoning" && part.kind === "reasoning" ? `\b${spelled(part)}` : spelled(part),
    )
    .join("")
    .replaceAll("]\b[", "");
}

/** Reasoning in brackets. @param pieces in which the answer comes */
function shown(prompt: string, pieces: readonly string[]): string {
  return written(new TaggedAnswer(prompt), pieces);
}

describe("reasoning in tags", () => {
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

const tools = new Tools([
  new Map([
    [
      "function",
      new Map<string, string | Map<string, unknown>>([
        ["name", "weather"],
        [
          "parameters",
          new Map([
            [
              "properties",
              new Map([
                ["city", new Map([["type", "string"]])],
                ["days", new Map([["type", "integer"]])],
              ]),
            ],
          ]),
        ],
      ]) as never,
    ],
  ]),
]);

/** @param controls names that only the token itself spells */
function called(template: string, pieces: readonly string[], controls: readonly string[] = []): string {
  const calls = callFormatOf(template);
  const isControl = (text: string) => controls.includes(text);
  const parse = (body: string) => calls?.parse(body, tools);
  return written(new TaggedAnswer("", { calls, parse, isControl }), pieces);
}

const CALL = '{weather {"city": "Paris", "days": 2}}';

describe("calls of functions", () => {
  const hermes = '<tool_call>\n{"name": "weather", "arguments": {"city": "Paris", "days": 2}}\n</tool_call>';
  it.each([
    ["<tool_call>", `So: ${hermes}`, `So: ${CALL}`],
    ["<tool_call>", `${hermes}\n${hermes}`, `${CALL}\n${CALL}`],
    ["<tool_call>", hermes.slice(0, -12), CALL],
    ["<tool_call>", '<tool_call>{"nam</tool_call>!', '<tool_call>{"nam</tool_call>!'],
    ["<tool_call>", "<think>a</think><tool_call>", "[a]<tool_call>"],
    ["<|python_tag|>", '{"name": "weather", "parameters": {"city": "Paris", "days": 2}}', CALL],
    ["<|python_tag|>", '{"name": "other", "parameters": {}}', '{"name": "other", "parameters": {}}'],
    ["<|python_tag|>", "A brace: {", "A brace: {"],
    ["[TOOL_CALLS]", '[TOOL_CALLS][{"name": "weather", "arguments": {"city": "Paris", "days": 2}}]', CALL],
    ["[TOOL_CALLS]", '[TOOL_CALLS]weather[ARGS]{"city": "Paris", "days": 2}', CALL],
    [
      "<arg_key>",
      "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>",
      CALL,
    ],
    [
      "<parameter=",
      "<tool_call>\n<function=weather>\n<parameter=city>\nParis\n</parameter>\n<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>",
      CALL,
    ],
    [
      "<minimax:tool_call>",
      '<minimax:tool_call>\n<invoke name="weather">\n<parameter name="city">Paris</parameter>\n<parameter name="days">2</parameter>\n</invoke>\n</minimax:tool_call>',
      CALL,
    ],
    [
      "<｜tool▁calls▁begin｜>",
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{"city": "Paris", "days": 2}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
      CALL,
    ],
    [
      "<｜tool▁calls▁begin｜>",
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{"city": "Paris", "days": 2}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
      CALL,
    ],
    [
      "<|tool_calls_section_begin|>",
      '<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>{"city": "Paris", "days": 2}<|tool_call_end|><|tool_calls_section_end|>',
      CALL,
    ],
    [
      "<|START_ACTION|>",
      '<|START_ACTION|>[{"tool_call_id": "0", "tool_name": "weather", "parameters": {"city": "Paris", "days": 2}}]<|END_ACTION|>',
      CALL,
    ],
    [
      '"tool_name": title of the tool',
      'Action:```json\n[{"tool_name": "weather", "parameters": {"city": "Paris", "days": 2}}]```',
      CALL,
    ],
    ["<function=example_function_name>", '<function=weather>{"city": "Paris", "days": 2}</function>', CALL],
    ["functools[", 'functools[{"name": "weather", "arguments": {"city": "Paris", "days": 2}}]', CALL],
    ["<|tool_call|>", '<|tool_call|>[{"name": "weather", "arguments": {"city": "Paris", "days": 2}}]', CALL],
  ])("of %s, wherever the answer is cut: %s", (template, answer, expected) => {
    expect(called(template, [answer])).toBe(expected);
    expect(called(template, [...answer])).toBe(expected);
    fc.assert(
      fc.property(fc.nat(answer.length), (cut) => {
        expect(called(template, [answer.slice(0, cut), answer.slice(cut)])).toBe(expected);
      }),
    );
  });

  it("are no calls if a text only spells the control token", () => {
    const text = '[TOOL_CALLS][{"name": "weather", "arguments": {}}]';
    expect(called("[TOOL_CALLS]", [text], ["[TOOL_CALLS]"])).toBe(text);
    const calls = callFormatOf("[TOOL_CALLS]");
    const answer = new TaggedAnswer("", {
      ...{ calls, isControl: (name) => name === "[TOOL_CALLS]", ends: ["</s>"] },
      parse: (body) => calls?.parse(body, tools),
    });
    expect(answer.control("[TOOL_CALLS]")).toEqual([]);
    answer.push('[{"name": "weather", "arguments": {}}]');
    answer.control("</s>");
    expect(answer.flush()).toEqual([{ kind: "call", call: { name: "weather", arguments: "{}" } }]);
  });
});
