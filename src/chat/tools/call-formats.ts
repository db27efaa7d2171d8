/** How families of models write calls of functions. The text of a chat template tells which form it asks for. */
import type { ToolCall } from "../answer/answer-part.ts";
import type { CallFrame } from "./call-frames.ts";
import { jsonCalls } from "./json-calls.ts";
import { functionCalls, invokeCalls, keyValueCalls, namedCalls } from "./marked-calls.ts";
import { pythonCalls } from "./python-calls.ts";
import type { Tools } from "./tools.ts";

export interface CallFormat {
  /** A template with one of these texts asks for this form. */
  readonly marks: readonly string[];
  /** What begins calls, and what ends them: if nothing does, they go on to the end of the answer. */
  readonly tags: readonly (readonly [begin: string, end: string | undefined])[];
  /** An answer that begins with this mark is a call. */
  readonly bare?: string;
  /** How a grammar asks for a call. @param template of the family, whose versions differ */
  readonly frame: (template: string) => CallFrame;
  /** Control tokens that end an answer after calls. */
  readonly ends?: readonly string[];
  /** The calls in what stands between the tags; undefined if it is none. */
  readonly parse: (body: string, tools: Tools) => readonly ToolCall[] | undefined;
}

/** A call as JSON. */
const json = (before: string, after: string, [name, given] = ["name", "arguments"]): CallFrame => ({
  call: `${before}{"${name}": "{name}", "${given}": {arguments}}${after}`,
});
const pythonic = (before: string, after: string): CallFrame => ({
  call: `${before}[{name}({parameters})]${after}`,
  ...{ parameter: "{key}={value}", separator: ", " },
  words: { boolean: ["True", "False"], null: ["None"] },
});
const always = (frame: CallFrame) => () => frame;

const [BEGIN, END] = ["<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>"];

/** The first that fits counts: some templates show several forms. */
const formats: readonly CallFormat[] = [
  // GLM 4.5
  {
    marks: ["<arg_key>"],
    tags: [["<tool_call>", "</tool_call>"]],
    frame: always({
      call: "<tool_call>{name}\n{parameters}</tool_call>",
      parameter: "<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>\n",
      hasBareTexts: true,
    }),
    parse: keyValueCalls,
  },
  // Qwen3-Coder, Seed-OSS
  {
    marks: ["<parameter="],
    tags: [
      ["<tool_call>", "</tool_call>"],
      ["<seed:tool_call>", "</seed:tool_call>"],
    ],
    frame: (template) => {
      const tag = template.includes("seed:tool_call") ? "seed:tool_call" : "tool_call";
      return {
        call: `<${tag}>\n<function={name}>\n{parameters}</function>\n</${tag}>`,
        parameter: "<parameter={key}>\n{value}\n</parameter>\n",
        hasBareTexts: true,
      };
    },
    parse: functionCalls,
  },
  // MiniMax M2
  {
    marks: ["<minimax:tool_call>"],
    tags: [["<minimax:tool_call>", "</minimax:tool_call>"]],
    frame: always({
      call: '<minimax:tool_call>\n<invoke name="{name}">\n{parameters}</invoke>\n</minimax:tool_call>',
      parameter: '<parameter name="{key}">{value}</parameter>\n',
      hasBareTexts: true,
    }),
    parse: invokeCalls,
  },
  // Hermes 2 Pro, Qwen 2.5 and 3
  {
    marks: ["<tool_call>"],
    tags: [["<tool_call>", "</tool_call>"]],
    frame: always(json("<tool_call>\n", "\n</tool_call>")),
    parse: jsonCalls,
  },
  // Nemotron
  {
    marks: ["<TOOLCALL>"],
    tags: [["<TOOLCALL>", "</TOOLCALL>"]],
    frame: always(json("<TOOLCALL>[", "]</TOOLCALL>")),
    parse: jsonCalls,
  },
  // DeepSeek V3 and R1 name the kind before the function and fence the arguments; V3.1 does neither
  {
    marks: ["<｜tool▁calls▁begin｜>"],
    tags: [["<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"]],
    frame: (template) => {
      const call = template.includes("```json")
        ? `${BEGIN}function<｜tool▁sep｜>{name}\n\`\`\`json\n{arguments}\n\`\`\`${END}`
        : `${BEGIN}{name}<｜tool▁sep｜>{arguments}${END}`;
      return { call: `<｜tool▁calls▁begin｜>${call}<｜tool▁calls▁end｜>` };
    },
    parse: namedCalls(
      new RegExp(`^\\s*${BEGIN}(?:function<｜tool▁sep｜>)?([\\w.-]+)(?:<｜tool▁sep｜>|\\s*\`\`\`json)\\s*$`),
      new RegExp(`^\\s*(?:\`\`\`)?\\s*(?:${END})?`),
    ),
  },
  // Kimi K2
  {
    marks: ["<|tool_calls_section_begin|>"],
    tags: [["<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"]],
    frame: always({
      call: "<|tool_calls_section_begin|><|tool_call_begin|>functions.{name}:0<|tool_call_argument_begin|>{arguments}<|tool_call_end|><|tool_calls_section_end|>",
    }),
    parse: namedCalls(
      /^\s*<\|tool_call_begin\|>\s*(?:functions\.)?([\w.-]+):\d+\s*<\|tool_call_argument_begin\|>\s*$/,
      /^\s*<\|tool_call_end\|>/,
    ),
  },
  // Mistral: a list of JSON, and since 2025 names before their arguments
  {
    marks: ["[TOOL_CALLS]"],
    tags: [["[TOOL_CALLS]", undefined]],
    frame: (template) => {
      if (!template.includes("[ARGS]")) return json("[TOOL_CALLS][", "]");
      const id = template.includes("[CALL_ID]") ? `[CALL_ID]${CALL_ID}` : "";
      return { call: `[TOOL_CALLS]{name}${id}[ARGS]{arguments}` };
    },
    parse: (body) => jsonCalls(body) ?? namedCalls(MISTRAL_NAME)(body),
  },
  // Granite 3, Phi-4-mini
  {
    marks: ["<|tool_call|>"],
    tags: [["<|tool_call|>", "<|/tool_call|>"]],
    frame: (template) =>
      json("<|tool_call|>[", template.includes("<|/tool_call|>") ? "]<|/tool_call|>" : "]"),
    parse: jsonCalls,
  },
  // Command R7B
  {
    marks: ["<|START_ACTION|>"],
    tags: [["<|START_ACTION|>", "<|END_ACTION|>"]],
    frame: always({
      call: '<|START_ACTION|>[\n    {"tool_call_id": "0", "tool_name": "{name}", "parameters": {arguments}}\n]<|END_ACTION|>',
    }),
    parse: jsonCalls,
  },
  // Command R+
  {
    marks: ['"tool_name": title of the tool'],
    tags: [["Action:", undefined]],
    frame: always(json("Action: ```json\n[\n", "\n]```", ["tool_name", "parameters"])),
    parse: (body) => jsonCalls(body.replace(/^\s*```json/, "").replace(/```\s*$/, "")),
  },
  // Functionary 3.1
  {
    marks: ["<function=example_function_name>"],
    tags: [["<function=", "</function>"]],
    frame: always({ call: "<function={name}>{arguments}</function>" }),
    parse: namedCalls(/^([\w.-]+)>\s*$/),
  },
  // FireFunction
  {
    marks: ["functools["],
    tags: [["functools", undefined]],
    frame: always(json("functools[", "]")),
    parse: jsonCalls,
  },
  // Llama 4 and LFM2: calls as Python writes them
  {
    marks: ["<|tool_call_start|>"],
    tags: [["<|tool_call_start|>", "<|tool_call_end|>"]],
    frame: always(pythonic("<|tool_call_start|>", "<|tool_call_end|>")),
    parse: pythonCalls,
  },
  {
    marks: ["[func_name1(params_name1=params_value1"],
    tags: [],
    bare: "[",
    frame: always(pythonic("", "")),
    parse: pythonCalls,
  },
  // Llama 3.1 to 3.3
  {
    marks: ["<|python_tag|>", '"parameters": dictionary of argument name'],
    tags: [["<|python_tag|>", undefined]],
    bare: "{",
    frame: always(json("", "", ["name", "parameters"])),
    ends: ["<|eom_id|>"],
    parse: (body, { names }) => {
      const calls = jsonCalls(body);
      return calls?.every(({ name }) => names.has(name)) ? calls : undefined;
    },
  },
];

/** Nine letters and digits. The template replaces it by the id of the message. */
const CALL_ID = "call00000";
const MISTRAL_NAME = /^(?:\[TOOL_CALLS\])?\s*([\w.-]+)(?:\[CALL_ID\][\w-]*)?(?:\[ARGS\])?\s*$/;

/** @returns undefined for a template that knows no form of calls */
export const callFormatOf = (template: string): CallFormat | undefined =>
  formats.find(({ marks }) => marks.some((mark) => template.includes(mark)));
