/** How families of models write calls of functions. The text of a chat template tells which form it asks for. */
import type { ToolCall } from "../answer/answer-part.ts";
import { jsonCalls } from "./json-calls.ts";
import { functionCalls, invokeCalls, keyValueCalls, namedCalls } from "./marked-calls.ts";
import type { Tools } from "./tools.ts";

export interface CallFormat {
  /** A template with one of these texts asks for this form. */
  readonly marks: readonly string[];
  /** What begins calls, and what ends them: if nothing does, they go on to the end of the answer. */
  readonly tags: readonly (readonly [begin: string, end: string | undefined])[];
  /** Whether an answer that begins with a brace is a call. */
  readonly isBare?: boolean;
  /** What stands around the JSON of a call, where a grammar can ask for it: tags that are texts. */
  readonly frame?: readonly [before: string, after: string];
  /** Name of the field with the arguments in that JSON. */
  readonly argumentsName?: string;
  /** Control tokens that end an answer after calls. */
  readonly ends?: readonly string[];
  /** The calls in what stands between the tags; undefined if it is none. */
  readonly parse: (body: string, tools: Tools) => readonly ToolCall[] | undefined;
}

const [BEGIN, END] = ["<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>"];

/** The first that fits counts: some templates show several forms. */
const formats: readonly CallFormat[] = [
  // GLM 4.5
  { marks: ["<arg_key>"], tags: [["<tool_call>", "</tool_call>"]], parse: keyValueCalls },
  // Qwen3-Coder, Seed-OSS
  {
    marks: ["<parameter="],
    tags: [
      ["<tool_call>", "</tool_call>"],
      ["<seed:tool_call>", "</seed:tool_call>"],
    ],
    parse: functionCalls,
  },
  // MiniMax M2
  {
    marks: ["<minimax:tool_call>"],
    tags: [["<minimax:tool_call>", "</minimax:tool_call>"]],
    parse: invokeCalls,
  },
  // Hermes 2 Pro, Qwen 2.5 and 3
  {
    marks: ["<tool_call>"],
    tags: [["<tool_call>", "</tool_call>"]],
    frame: ["<tool_call>\n", "\n</tool_call>"],
    parse: jsonCalls,
  },
  // Nemotron
  { marks: ["<TOOLCALL>"], tags: [["<TOOLCALL>", "</TOOLCALL>"]], parse: jsonCalls },
  // DeepSeek V3 and R1 name the kind before the function and fence the arguments; V3.1 does neither
  {
    marks: ["<｜tool▁calls▁begin｜>"],
    tags: [["<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"]],
    parse: namedCalls(
      new RegExp(`^\\s*${BEGIN}(?:function<｜tool▁sep｜>)?([\\w.-]+)(?:<｜tool▁sep｜>|\\s*\`\`\`json)\\s*$`),
      new RegExp(`^\\s*(?:\`\`\`)?\\s*(?:${END})?`),
    ),
  },
  // Kimi K2
  {
    marks: ["<|tool_calls_section_begin|>"],
    tags: [["<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"]],
    parse: namedCalls(
      /^\s*<\|tool_call_begin\|>\s*(?:functions\.)?([\w.-]+):\d+\s*<\|tool_call_argument_begin\|>\s*$/,
      /^\s*<\|tool_call_end\|>/,
    ),
  },
  // Mistral: a list of JSON, and since 2025 names before their arguments
  {
    marks: ["[TOOL_CALLS]"],
    tags: [["[TOOL_CALLS]", undefined]],
    parse: (body) => jsonCalls(body) ?? namedCalls(MISTRAL_NAME)(body),
  },
  // Granite 3, Phi-4-mini
  { marks: ["<|tool_call|>"], tags: [["<|tool_call|>", "<|/tool_call|>"]], parse: jsonCalls },
  // Command R7B
  {
    marks: ["<|START_ACTION|>"],
    tags: [["<|START_ACTION|>", "<|END_ACTION|>"]],
    parse: jsonCalls,
  },
  // Command R+
  {
    marks: ['"tool_name": title of the tool'],
    tags: [["Action:", undefined]],
    parse: (body) => jsonCalls(body.replace(/^\s*```json/, "").replace(/```\s*$/, "")),
  },
  // Functionary 3.1
  {
    marks: ["<function=example_function_name>"],
    tags: [["<function=", "</function>"]],
    parse: namedCalls(/^([\w.-]+)>\s*$/),
  },
  // FireFunction
  { marks: ["functools["], tags: [["functools", undefined]], parse: jsonCalls },
  // Llama 3.1 to 3.3
  {
    marks: ["<|python_tag|>", '"parameters": dictionary of argument name'],
    tags: [["<|python_tag|>", undefined]],
    isBare: true,
    frame: ["", ""],
    argumentsName: "parameters",
    ends: ["<|eom_id|>"],
    parse: (body, { names }) => {
      const calls = jsonCalls(body);
      return calls?.every(({ name }) => names.has(name)) ? calls : undefined;
    },
  },
];

const MISTRAL_NAME = /^(?:\[TOOL_CALLS\])?\s*([\w.-]+)(?:\[CALL_ID\][\w-]*)?(?:\[ARGS\])?\s*$/;

/** @returns undefined for a template that knows no form of calls */
export const callFormatOf = (template: string): CallFormat | undefined =>
  formats.find(({ marks }) => marks.some((mark) => template.includes(mark)));

const JSON_RULES = `object ::= "{" (pair ("," " "? pair)*)? "}"
pair ::= string ":" " "? value
value ::= object | list | string | number | "true" | "false" | "null"
list ::= "[" (value ("," " "? value)*)? "]"
string ::= "\\"" ([^"\\\\\\x00-\\x1f] | "\\\\" (["\\\\/bfnrt] | "u" [0-9a-fA-F]{4}))* "\\""
number ::= "-"? ("0" | [1-9] [0-9]{0,14}) ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,3})?
`;

/**
 * A grammar (GBNF) of answers that call one of these functions.
 *
 * @returns undefined for a form that a grammar of texts cannot ask for
 */
export function callGrammar(template: string, names: readonly string[]): string | undefined {
  const { frame, argumentsName = "arguments" } = callFormatOf(template) ?? {};
  if (frame === undefined) return undefined;
  const [before, after] = frame.map((text) => JSON.stringify(text));
  const name = names.map((own) => JSON.stringify(own)).join(" | ");
  const head = JSON.stringify('{"name": "');
  const middle = JSON.stringify(`", "${argumentsName}": `);
  return `root ::= ${before} ${head} (${name}) ${middle} object "}" ${after}\n${JSON_RULES}`;
}
