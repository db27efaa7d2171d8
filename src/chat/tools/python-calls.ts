/** Calls as Python writes them: `[weather(city="Rome", days=2), clock()]`. */
import type { ToolCall } from "../answer/answer-part.ts";
import type { ExactJson } from "../jinja/values/json-values.ts";
import { exactJson, jsonText } from "./json-calls.ts";

const TOKEN =
  /\s*(?:([A-Za-z_][\w.-]*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(-?\d[\d.]*(?:[eE][+-]?\d+)?)|([[\](){},:=]))/y;
const WORDS: Readonly<Record<string, string>> = { True: "true", False: "false", None: "null" };

/** @returns undefined for a text that is no list of calls with arguments by name */
export function pythonCalls(text: string): readonly ToolCall[] | undefined {
  const tokens = tokensOf(text.trim());
  if (tokens === undefined) return undefined;
  const reader = new Reader(tokens);
  const calls = reader.calls();
  return reader.isAtEnd && calls !== undefined && calls.length > 0 ? calls : undefined;
}

function tokensOf(text: string): readonly string[] | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const [, name, quoted, number, mark] = TOKEN.exec(text) ?? [];
    const token = name ?? (quoted === undefined ? undefined : inJson(quoted)) ?? number ?? mark;
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  return tokens;
}

/** A text in single quotes as JSON has it. */
function inJson(quoted: string): string {
  if (quoted.startsWith('"')) return quoted.replaceAll("\\'", "'");
  return `"${quoted
    .slice(1, -1)
    .replaceAll("\\'", "'")
    .replaceAll(/(\\.)|"/g, (_, pair) => pair ?? '\\"')}"`;
}

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  calls(): ToolCall[] | undefined {
    return this.#take("[") ? this.#list("]", () => this.#call()) : undefined;
  }

  #call(): ToolCall | undefined {
    const name = this.#tokens[this.#at++] ?? "";
    if (!/^[A-Za-z_]/.test(name) || !this.#take("(")) return undefined;
    const pairs = this.#list(")", () => this.#pair());
    const json = pairs && exactJson(`{${pairs.join()}}`);
    return json instanceof Map ? { name, arguments: jsonText(json as ExactJson) } : undefined;
  }

  #pair(): string | undefined {
    const key = this.#tokens[this.#at++];
    const value = this.#take("=") ? this.#value() : undefined;
    return key === undefined || value === undefined ? undefined : `${JSON.stringify(key)}:${value}`;
  }

  /** A value as JSON. */
  #value(): string | undefined {
    const token = this.#tokens[this.#at++];
    if (token === "[")
      return wrapped(
        "[",
        this.#list("]", () => this.#value()),
        "]",
      );
    if (token === "{")
      return wrapped(
        "{",
        this.#list("}", () => this.#field()),
        "}",
      );
    if (token === undefined || /^[(){}\],:=]/.test(token)) return undefined;
    return WORDS[token] ?? token;
  }

  #field(): string | undefined {
    const key = this.#value();
    const value = this.#take(":") ? this.#value() : undefined;
    return key === undefined || value === undefined ? undefined : `${key}:${value}`;
  }

  #list<T>(end: string, read: () => T | undefined): T[] | undefined {
    const items: T[] = [];
    while (!this.#take(end)) {
      if (items.length > 0 && !this.#take(",")) return undefined;
      const item = read();
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  #take(mark: string): boolean {
    if (this.#tokens[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }
}

const wrapped = (begin: string, items: readonly string[] | undefined, end: string): string | undefined =>
  items && begin + items.join() + end;
