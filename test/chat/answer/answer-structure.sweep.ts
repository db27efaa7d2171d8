/** Whatever the grammar of an answer allows is what the reader of answers finds in it. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { AnswerPart } from "../../../src/chat/answer/answer-part.ts";
import { answerStructure, callStructure, openStructure } from "../../../src/chat/answer/answer-structure.ts";
import { AnswerTokens } from "../../../src/chat/answer/read-answer.ts";
import { parseExactJson } from "../../../src/chat/jinja/values/json-values.ts";
import { Tools } from "../../../src/chat/tools/tools.ts";
import type { Structure } from "../../../src/constrain/notations/structure.ts";
import { constraintIn } from "../../../src/constrain/notations/table.ts";
import { Random } from "../../../src/generate/sampling/random.ts";
import type { Tokenizer } from "../../../src/tokenizer/tokenizer.ts";

const parameters = {
  type: "object",
  properties: {
    city: { type: "string", maxLength: 12 },
    unit: { type: "string", enum: ["c", "f"] },
    zip: { type: "string", pattern: "^[0-9]{5}$" },
    code: { type: "string", pattern: "b+c" },
    date: { type: "string", format: "date" },
    days: { type: "integer", minimum: 1, maximum: 14 },
    exact: { type: "boolean" },
    hours: { type: "array", items: { $ref: "#/$defs/hour" }, maxItems: 2 },
  },
  required: ["city", "days", "zip", "code"],
  additionalProperties: false,
  $defs: { hour: { type: "integer", minimum: 0, maximum: 23 } },
};
const weather = { name: "weather", parameters };
const clock = { name: "clock", parameters: { type: "object", additionalProperties: false } };
const toolsOf = (...functions: readonly object[]): Tools =>
  new Tools(
    parseExactJson(JSON.stringify(functions.map((own) => ({ type: "function", function: own })))) as never,
  );
const tools = toolsOf(weather, clock);
const isValid = new Ajv2020({ formats: { date: /^\d{4}-\d\d-\d\d$/ } }).compile(parameters);

/** Bytes, and control tokens with these names. */
function tokenizerWith(names: readonly string[]) {
  const all = [
    ...Array.from({ length: 256 }, (_, byte) => Buffer.from([byte])),
    ...names.map((name) => Buffer.from(name)),
  ];
  return {
    vocabSize: all.length,
    bytes: (id: number) => all[id] as Buffer,
    isSpecial: (id: number) => id >= 256,
    controlTokenId: (text: string) => (names.includes(text) ? 256 + names.indexOf(text) : undefined),
  } as unknown as Tokenizer;
}

/** Steps before the shortest way to the end is taken. */
const LONG = 150;

/** A random answer that keeps a structure. */
function drawn(structure: Structure, tokenizer: Tokenizer, seed: number): readonly number[] {
  const random = new Random(seed);
  const written: number[] = [];
  let position = constraintIn("structure", structure).start(tokenizer);
  for (let step = 0; !position.complete; step++) {
    const scores = new Float32Array(tokenizer.vocabSize);
    position.narrow(scores, []);
    // Letters and marks: random bytes would seldom end a text.
    const ids = [...scores.keys()].filter((id) => scores[id] === 0);
    const common = ids.filter((id) => id < 127 || id >= 256);
    const from = common.length > 0 ? common : ids;
    if (position.mayEnd && (from.length === 0 || step > LONG)) break;
    const id = step > LONG ? position.closing?.[0] : from[Math.floor(random.uniform() * from.length)];
    if (id === undefined) throw new Error("there is no way out");
    const next = position.after(id);
    if (next === undefined) throw new Error(`${id} is refused`);
    position = next;
    written.push(id);
  }
  return written;
}

/** The parts of an answer. */
function partsOf(ids: readonly number[], tokenizer: Tokenizer, template: string, prompt: string) {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const reader = new AnswerTokens({ template, prompt, tools, ends: [] }, tokenizer);
  const parts: AnswerPart[] = [];
  for (const id of ids) {
    const text = tokenizer.isSpecial(id) ? "" : decoder.decode(tokenizer.bytes(id), { stream: true });
    parts.push(...reader.push({ id, text }));
  }
  return [...parts, ...reader.flush()];
}

function answered(
  structure: Structure,
  tokenizer: Tokenizer,
  seed: number,
  template: string,
  prompt: string,
) {
  return partsOf(drawn(structure, tokenizer, seed), tokenizer, template, prompt);
}

/** Whether a structure allows an answer. */
function allows(structure: Structure, tokenizer: Tokenizer, ids: readonly number[]): boolean {
  let position = constraintIn("structure", structure).start(tokenizer);
  for (const id of ids) {
    const next = position.after(id);
    if (next === undefined) return false;
    position = next;
  }
  return position.mayEnd;
}

/** Templates, each with the tags that are control tokens in its family. */
const families: readonly (readonly [string, string, readonly string[]])[] = [
  ["GLM 4.5", "<arg_key>", []],
  ["Qwen3-Coder", "<parameter=", []],
  ["Seed-OSS", "<parameter= <seed:tool_call>", ["<seed:tool_call>", "</seed:tool_call>"]],
  ["MiniMax M2", "<minimax:tool_call>", ["<minimax:tool_call>", "</minimax:tool_call>"]],
  ["Hermes", "<tool_call>", []],
  ["Qwen 3", "<tool_call> </think>", ["<tool_call>", "</tool_call>", "<think>", "</think>"]],
  ["Nemotron", "<TOOLCALL>", []],
  [
    "DeepSeek R1",
    "<｜tool▁calls▁begin｜> ```json",
    [
      "<｜tool▁calls▁begin｜>",
      "<｜tool▁calls▁end｜>",
      "<｜tool▁call▁begin｜>",
      "<｜tool▁call▁end｜>",
      "<｜tool▁sep｜>",
    ],
  ],
  ["DeepSeek V3.1", "<｜tool▁calls▁begin｜>", ["<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"]],
  ["Kimi K2", "<|tool_calls_section_begin|>", ["<|tool_calls_section_begin|>", "<|tool_call_begin|>"]],
  ["Mistral", "[TOOL_CALLS]", ["[TOOL_CALLS]"]],
  ["Mistral 3.2", "[TOOL_CALLS] [CALL_ID] [ARGS]", ["[TOOL_CALLS]", "[CALL_ID]", "[ARGS]"]],
  ["Magistral", "[TOOL_CALLS] [ARGS] [/THINK]", ["[TOOL_CALLS]", "[ARGS]", "[THINK]", "[/THINK]"]],
  ["Phi-4-mini", "<|tool_call|> <|/tool_call|>", ["<|tool_call|>", "<|/tool_call|>"]],
  ["Granite", "<|tool_call|>", ["<|tool_call|>"]],
  ["Command R7B", "<|START_ACTION|>", ["<|START_ACTION|>", "<|END_ACTION|>"]],
  ["Command R+", '"tool_name": title of the tool', []],
  ["Functionary", "<function=example_function_name>", []],
  ["FireFunction", "functools[", []],
  ["LFM2", "<|tool_call_start|>", ["<|tool_call_start|>", "<|tool_call_end|>"]],
  ["Llama 4", "[func_name1(params_name1=params_value1", []],
  ["Llama 3", "<|python_tag|>", ["<|python_tag|>"]],
  [
    "gpt-oss",
    "<|channel|>",
    ["<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|constrain|>", "<|call|>"],
  ],
];

describe("forced calls", () => {
  it.each(families)("%s: each one is a call with arguments that keep the schema", (_, template, names) => {
    for (const control of names.length > 0 && template !== "<|channel|>" ? [names, []] : [names]) {
      const tokenizer = tokenizerWith(control);
      const isControl = (text: string) => control.includes(text);
      const structure = callStructure({ template, prompt: "", isControl }, tools, ["weather", "clock"]);
      const called = new Set<string>();
      for (let seed = 0; seed < 12; seed++) {
        const parts = answered(structure as Structure, tokenizer, seed, template, "");
        const calls = parts.flatMap((part) => (part.kind === "call" ? [part.call] : []));
        const text = parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
        expect([text.trim(), calls.length], JSON.stringify(parts)).toEqual(["", 1]);
        const [{ name, arguments: given } = { name: "", arguments: "" }] = calls;
        called.add(name);
        if (name === "weather") expect(isValid(JSON.parse(given)), given).toBe(true);
        else expect([name, JSON.parse(given)]).toEqual(["clock", {}]);
      }
      expect([...called].sort()).toEqual(["clock", "weather"]);
    }
  });
});

describe("strict functions that a model may call", () => {
  const other = {
    ...weather,
    parameters: { ...parameters, properties: { ...parameters.properties, days: { const: 99 } } },
  };
  it.each(families)(
    "%s: a call keeps its schema from where it begins, and the rest is free",
    (_, template, names) => {
      const isBare = template.startsWith("[func") || template === "<|python_tag|>";
      const isChannelled = template === "<|channel|>";
      for (const control of names.length > 0 && !isChannelled ? [names, []] : [names]) {
        const tokenizer = tokenizerWith(control);
        const place = { template, prompt: "", isControl: (text: string) => control.includes(text) };
        const openOf = (own: Tools) => openStructure(place, own) as Structure;
        const strict = openOf(toolsOf({ ...weather, strict: true }, clock));
        const loose = openOf(toolsOf(weather, { ...clock, strict: true }));
        const said =
          isBare || isChannelled || /think/i.test(template) ? [] : [...Buffer.from("I look {é}. ")];
        const callOf = (own: Tools, seed: number) => [
          ...said,
          ...drawn(callStructure(place, own, ["weather"]) as Structure, tokenizer, seed),
        ];
        for (let seed = 0; seed < 2; seed++) {
          expect(allows(strict, tokenizer, callOf(tools, seed))).toBe(true);
          const wrong = callOf(toolsOf(other), seed);
          const isCall = partsOf(wrong, tokenizer, template, "").some(({ kind }) => kind === "call");
          expect([isCall, allows(strict, tokenizer, wrong), allows(loose, tokenizer, wrong)]).toEqual([
            true,
            false,
            true,
          ]);
        }
        if (!isChannelled)
          expect(allows(strict, tokenizer, [...Buffer.from(" No <b>call</b>, no [x].")])).toBe(true);
        expect(
          allows(
            openStructure(place, tools, [{ regex: "[0-9]+" }]) as Structure,
            tokenizer,
            callOf(tools, 0),
          ),
        ).toBe(said.length === 0);
      }
    },
  );

  it("leave the text free where a template knows no calls", () => {
    expect(openStructure({ template: "", prompt: "", isControl: () => false }, tools)).toBeUndefined();
  });
});

describe("a grammar of an answer", () => {
  it.each([
    ["<think> </think>", "", []],
    ["<think> </think>", "<think>\n", []],
    ["<think> </think>", "<think>\n\n</think>\n\n", []],
    ["[THINK] [/THINK]", "", ["[THINK]", "[/THINK]"]],
    ["<|channel|>", "", ["<|channel|>", "<|message|>", "<|start|>", "<|end|>"]],
    ["no tags", "", []],
  ])("holds what comes after the reasoning: %s, %j", (template, prompt, names) => {
    const tokenizer = tokenizerWith(names);
    const isControl = (text: string) => (names as readonly string[]).includes(text);
    const structure = answerStructure({ template, prompt, isControl }, [{ regex: "[0-9]{3}" }]);
    let thoughts = 0;
    for (let seed = 0; seed < 20; seed++) {
      const parts = answered(structure, tokenizer, seed, template, prompt);
      const of = (kind: string) =>
        parts.map((part) => (part.kind === kind ? (part as { text: string }).text : "")).join("");
      expect(of("text")).toMatch(/^\s{0,3}\d{3}$/);
      if (of("reasoning") !== "") thoughts++;
    }
    expect(thoughts > 0).toBe(!template.startsWith("no") && !prompt.includes("</think>"));
  });
});
