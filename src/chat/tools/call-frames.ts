/**
 * Grammars of calls: the marks of a family's format as a text with gaps, and in the gaps what the schema of the
 * function's parameters allows.
 */
import { formats } from "../../constrain/notations/json-schema/formats.ts";
import type { JsonSchema } from "../../constrain/notations/json-schema/keywords.ts";
import type { Structure } from "../../constrain/notations/structure.ts";
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";

export interface CallFrame {
  /** A call, with `{name}`, and `{arguments}` as JSON or `{parameters}` one by one. */
  readonly call: string;
  /** One parameter, with `{key}` and `{value}`. */
  readonly parameter?: string;
  /** What stands between two parameters. */
  readonly separator?: string;
  /** Whether texts stand without quotes. */
  readonly hasBareTexts?: boolean;
  /** Words of other languages for values. */
  readonly words?: Readonly<Record<string, readonly string[]>>;
}

/** Names of control tokens in a text become tokens. */
export function withTokens(text: string, isControl: (text: string) => boolean): Structure {
  return text
    .split(/(<[^<>]*>|\[\/?[A-Z_]+\])/)
    .filter((part) => part !== "")
    .map((part) => (isControl(part) ? { token: part } : { text: part }));
}

/** Any text up to a tag, and the tag. */
export const upToTag = (tag: string, isControl: (text: string) => boolean): Structure =>
  isControl(tag) ? [{ untilToken: tag }] : [{ until: tag }];

export class CallWriter {
  readonly #frame: CallFrame;
  readonly #isControl: (text: string) => boolean;

  constructor(frame: CallFrame, isControl: (text: string) => boolean) {
    this.#frame = frame;
    this.#isControl = isControl;
  }

  /** A call of one function with arguments that keep its schema. */
  callOf(name: string, parameters: JsonSchema): Structure {
    const { call } = this.#frame;
    return this.#filled(
      call.replace("{name}", () => name),
      (gap) =>
        gap === "{arguments}" ? [{ jsonSchema: ofObject(parameters) }] : this.#parameters(parameters),
    );
  }

  /** Required parameters come first, so that a separator stands before every other one. */
  #parameters(schema: JsonSchema): Structure {
    const fields = isJsonObject(schema) ? schema : {};
    const properties = isJsonObject(fields.properties) ? Object.entries(fields.properties) : [];
    const required = new Set(Array.isArray(fields.required) ? fields.required : []);
    const { separator = "" } = this.#frame;
    const write = ([key, own = true]: readonly [string, JsonValue | undefined]) =>
      this.#parameter(key, own, fields);
    const first = properties.filter(([key]) => required.has(key)).map(write);
    const others = properties.filter(([key]) => !required.has(key)).map(write);
    const between = separator === "" ? [] : [{ text: separator }];
    const maybe = (parts: readonly Structure[]): Structure =>
      parts.map((part) => ({ oneOf: [[...between, ...part], []] }));
    const [head, ...tail] = first;
    if (head !== undefined)
      return [...head, ...tail.flatMap((part) => [...between, ...part]), ...maybe(others)];
    if (others.length === 0) return [];
    const beginnings = others.map((part, i) => [...part, ...maybe(others.slice(i + 1))]);
    return [{ oneOf: [...beginnings, []] }];
  }

  #parameter(key: string, schema: JsonValue, { $defs = {}, definitions = {} }: JsonObject): Structure {
    const { parameter = "", hasBareTexts, words } = this.#frame;
    const [before = "", after = ""] = parameter.replace("{key}", () => key).split("{value}");
    const type = isJsonObject(schema) ? schema.type : undefined;
    const begin = withTokens(before, this.#isControl);
    const end = withTokens(after, this.#isControl);
    if (hasBareTexts && isJsonObject(schema) && type === "string") {
      const texts = "const" in schema ? [schema.const] : schema.enum;
      if (Array.isArray(texts) && texts.every((text) => typeof text === "string")) {
        return [...begin, { choices: texts }, ...end];
      }
      const own = bareText(key, schema);
      if (own !== undefined) return [...begin, { regex: own }, ...end];
      const [, tag = "", rest = ""] = /(<[^<>]*>)([\s\S]*)$/.exec(after) ?? [];
      return [...begin, ...upToTag(tag, this.#isControl), ...withTokens(rest, this.#isControl)];
    }
    const spelled = typeof type === "string" ? words?.[type] : undefined;
    if (spelled !== undefined) return [...begin, { choices: spelled }, ...end];
    const whole = isJsonObject(schema) ? { ...schema, $defs, definitions } : schema;
    return [...begin, { jsonSchema: whole as JsonSchema }, ...end];
  }

  #filled(text: string, fill: (gap: string) => Structure): Structure {
    return text
      .split(/(\{arguments\}|\{parameters\})/)
      .flatMap((part, i) => (i % 2 === 1 ? fill(part) : withTokens(part, this.#isControl)));
  }
}

/** Arguments are an object, whatever their schema says. */
const ofObject = (schema: JsonSchema): JsonSchema =>
  isJsonObject(schema) ? { ...schema, type: "object" } : schema;

/**
 * A regular expression of a text without quotes; undefined if its schema does not narrow it. The text ends before
 * the next tag.
 *
 * @throws GptError `usage` for a schema that narrows it in two ways
 */
function bareText(key: string, { pattern, format, minLength, maxLength }: JsonObject): string | undefined {
  const hasLength = minLength !== undefined || maxLength !== undefined;
  const narrowed = [pattern, format, hasLength || undefined].filter((value) => value !== undefined);
  if (narrowed.length === 0) return undefined;
  const problem = `${key}: a text without quotes keeps one of pattern, format and a length`;
  if (narrowed.length > 1) throw new GptError("usage", problem);
  if (hasLength) return `[^<]{${minLength ?? 0},${maxLength ?? ""}}`;
  if (format !== undefined) return formats.get(String(format)) ?? "[^<]*";
  const own = String(pattern);
  const [before, after] = [own.startsWith("^") ? "" : "[^<]*", own.endsWith("$") ? "" : "[^<]*"];
  return `${before}(?:${own.replace(/^\^/, "").replace(/\$$/, "")})${after}`;
}
