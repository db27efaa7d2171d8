/** Python's `json.dumps`, with the defaults that Hugging Face's `tojson` gives it. */
import { Given } from "./arguments.ts";
import { MarkedText } from "./marked-text.ts";
import { compare } from "./operations.ts";
import { floatText } from "./printing.ts";
import { fail } from "./template-error.ts";
import { type CallArguments, Dict, isText, List, NONE, typeName, type Value } from "./values.ts";

interface Style {
  readonly isAscii: boolean;
  readonly indent: string | undefined;
  readonly item: string;
  readonly key: string;
  readonly isSorted: boolean;
}

/** The filter `tojson`. */
export function toJson(value: Value, given: CallArguments): MarkedText {
  const bound = new Given("tojson", given, ["ensure_ascii", "indent", "separators", "sort_keys"]);
  const width = bound.get("indent");
  const indent =
    width === undefined || width === NONE
      ? undefined
      : isText(width)
        ? width.text
        : " ".repeat(Number(width));
  const separators = bound.get("separators");
  const [item, key] = separators instanceof List ? separators.items : [];
  const style: Style = {
    isAscii: bound.flag("ensure_ascii"),
    indent,
    item: item !== undefined && isText(item) ? item.text : indent === undefined ? ", " : ",",
    key: key !== undefined && isText(key) ? key.text : ": ",
    isSorted: bound.flag("sort_keys"),
  };
  const origins: MarkedText[] = [];
  const text = spelled(value, style, "\n", origins);
  return MarkedText.of(text, MarkedText.originOf(origins));
}

/** @param origins gets the texts in the value */
function spelled(value: Value, style: Style, line: string, origins: MarkedText[]): string {
  if (value === NONE) return "null";
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return jsonFloat(value);
  if (isText(value)) {
    origins.push(value);
    return jsonString(value.text, style);
  }
  const inner = style.indent === undefined ? "" : line + style.indent;
  const framed = (open: string, parts: readonly string[], close: string) => {
    if (parts.length === 0) return open + close;
    const end = style.indent === undefined ? "" : line;
    return open + inner + parts.join(style.item + inner) + end + close;
  };
  const next = inner === "" ? line : inner;
  if (value instanceof List)
    return framed(
      "[",
      value.items.map((item) => spelled(item, style, next, origins)),
      "]",
    );
  if (!(value instanceof Dict))
    return fail("type", `Object of type ${typeName(value)} is not JSON serializable`);
  const entries = style.isSorted ? value.entries.toSorted(([a], [b]) => compare(a, b)) : value.entries;
  const parts = entries.map(([key, item]) => {
    if (isText(key)) origins.push(key);
    const name = jsonString(isText(key) ? key.text : spelled(key, style, next, origins), style);
    return name + style.key + spelled(item, style, next, origins);
  });
  return framed("{", parts, "}");
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? floatText(value) : value < 0 ? "-Infinity" : "Infinity";
}

function jsonString(text: string, { isAscii }: Style): string {
  const json = JSON.stringify(text);
  if (!isAscii) return json;
  return json.replace(/[^\0-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
