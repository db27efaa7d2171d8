/** Calls with tags around names and arguments. */
import type { ToolCall } from "../answer/answer-part.ts";
import type { ExactJson } from "../jinja/values/json-values.ts";
import { endOfJson, exactJson, jsonText } from "./json-calls.ts";
import type { Tools } from "./tools.ts";

/** The texts between two tags, each with what stands before its first tag. */
interface Found {
  readonly before: string;
  readonly inner: string;
}

function allBetween(text: string, begin: string, end: string): readonly Found[] | undefined {
  const found: Found[] = [];
  let at = 0;
  for (;;) {
    const start = text.indexOf(begin, at);
    if (start < 0) return text.slice(at).trim() === "" ? found : undefined;
    const stop = text.indexOf(end, start + begin.length);
    if (stop < 0) return undefined;
    found.push({ before: text.slice(at, start), inner: text.slice(start + begin.length, stop) });
    at = stop + end.length;
  }
}

/** An argument without its type: JSON, unless the function takes a text. */
const typed = (tools: Tools, name: string, key: string, text: string): ExactJson =>
  tools.takesText(name, key) ? text : (exactJson(text) ?? text);

const call = (name: string, pairs: readonly (readonly [string, ExactJson])[]): ToolCall => ({
  name,
  arguments: jsonText(new Map(pairs)),
});

/** One line feed belongs to the tags, not to the value. */
const withoutFeeds = (text: string): string => text.replace(/^\n/, "").replace(/\n$/, "");

/** GLM: `name <arg_key>key</arg_key> <arg_value>value</arg_value> ..`. */
export function keyValueCalls(text: string, tools: Tools): ToolCall[] | undefined {
  const at = text.indexOf("<arg_key>");
  const name = (at < 0 ? text : text.slice(0, at)).trim();
  if (!/^[\w.-]+$/.test(name)) return undefined;
  const values = allBetween(at < 0 ? "" : text.slice(at), "<arg_value>", "</arg_value>");
  if (values === undefined) return undefined;
  const pairs = values.map(({ before, inner }) => {
    const [, key] = /^\s*<arg_key>([^<]*)<\/arg_key>\s*$/.exec(before) ?? [];
    return key === undefined ? undefined : ([key.trim(), typed(tools, name, key.trim(), inner)] as const);
  });
  return pairs.every((pair) => pair !== undefined) ? [call(name, pairs)] : undefined;
}

/** `<function=name> <parameter=key> value </parameter> .. </function>`, and with `invoke` as MiniMax has it. */
const parameterCalls =
  ([begin, end]: readonly [string, string], [key, keyEnd]: readonly [string, string]) =>
  (text: string, tools: Tools): ToolCall[] | undefined => {
    const calls = allBetween(text, begin, end)?.map(({ inner }) => {
      const [head = "", ...rest] = inner.split(">");
      const name = unquoted(head);
      const pairs = allBetween(rest.join(">"), key, keyEnd)?.map((parameter) => {
        const [own = "", ...value] = parameter.inner.split(">");
        return [unquoted(own), typed(tools, name, unquoted(own), withoutFeeds(value.join(">")))] as const;
      });
      return pairs && name !== "" ? call(name, pairs) : undefined;
    });
    return calls?.length && calls.every((found) => found !== undefined) ? calls : undefined;
  };

const unquoted = (text: string): string => text.trim().replace(/^"(.*)"$/, "$1");

export const functionCalls = parameterCalls(["<function=", "</function>"], ["<parameter=", "</parameter>"]);
export const invokeCalls = parameterCalls(
  ["<invoke name=", "</invoke>"],
  ["<parameter name=", "</parameter>"],
);

/**
 * Names with JSON behind them: `name[ARGS]{..}`, `function<｜tool▁sep｜>name` with a fenced block,
 * `functions.name:0<|tool_call_argument_begin|>{..}`.
 *
 * @param pattern of what stands before the JSON; its first group is the name
 * @param after what may follow the JSON
 */
export const namedCalls =
  (pattern: RegExp, after: RegExp = /^\s*/) =>
  (text: string): ToolCall[] | undefined => {
    const calls: ToolCall[] = [];
    for (let rest = text; rest.trim() !== ""; ) {
      const start = rest.indexOf("{");
      const [, name] = pattern.exec(rest.slice(0, Math.max(0, start))) ?? [];
      const end = start < 0 ? undefined : endOfJson(rest, start);
      const given = end === undefined ? undefined : exactJson(rest.slice(start, end));
      if (name === undefined || !(given instanceof Map)) return undefined;
      calls.push({ name, arguments: jsonText(given) });
      rest = rest.slice(end).replace(after, "");
    }
    return calls.length > 0 ? calls : undefined;
  };
