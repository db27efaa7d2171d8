/** Values as text: Python's `str` and `repr`. */
import { MarkedText, SCAFFOLD } from "./marked-text.ts";
import { Callable, Dict, Iteration, isText, List, NONE, typeName, Undefined, type Value } from "./values.ts";

const text = (spelled: string) => MarkedText.of(spelled);

/** As Python's `str`. */
export function str(value: Value): MarkedText {
  return isText(value) ? value : repr(value);
}

/** As Python's `repr`; what is undefined is empty. */
export function repr(value: Value): MarkedText {
  if (value === NONE) return text("None");
  if (typeof value === "boolean") return text(value ? "True" : "False");
  if (typeof value === "bigint") return text(String(value));
  if (typeof value === "number") return text(floatText(value));
  if (isText(value)) return MarkedText.of(quoted(value.text), value.origin);
  if (value instanceof Undefined) return text("");
  if (value instanceof List) return listed(value);
  if (value instanceof Dict) {
    const entries = value.entries.map(([key, item]) => MarkedText.join([repr(key), repr(item)], text(": ")));
    return framed("{", entries, "}");
  }
  if (value instanceof Iteration && value.items !== undefined) {
    if (value.kind === "range")
      return text(`range(${[value.items[0] ?? 0n, value.items.length].map(String).join(", ")})`);
    return MarkedText.join([text(value.kind), framed("([", value.items.map(repr), "])")]);
  }
  if (value instanceof Callable) return text(`<function ${value.name}>`);
  return text(`<${typeName(value)} object>`);
}

function listed({ items, kind }: List): MarkedText {
  if (kind === "list") return framed("[", items.map(repr), "]");
  return framed("(", items.map(repr), items.length === 1 ? ",)" : ")");
}

/** All of it has the origin of its content: the shape of data that a person sends is content too. */
function framed(open: string, parts: readonly MarkedText[], close: string): MarkedText {
  const origin = MarkedText.originOf(parts);
  const whole = MarkedText.join([text(open), MarkedText.join(parts, text(", ")), text(close)]);
  return origin === SCAFFOLD ? whole : MarkedText.of(whole.text, origin);
}

/** Shortest digits that give the number back, as Python writes them. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    const digits = String(Math.abs(power)).padStart(2, "0");
    return `${mantissa}e${power < 0 ? "-" : "+"}${digits}`;
  }
  const plain = power < 0 ? value.toFixed(mantissa.replace(/\D/g, "").length - power - 1) : String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" };

function quoted(spelled: string): string {
  const quote = spelled.includes("'") && !spelled.includes('"') ? '"' : "'";
  const escaped = spelled.replace(/[\p{C}\p{Z}\\'"]/gu, (character) => {
    if (character === " ") return character;
    if (character === "'" || character === '"') return character === quote ? `\\${character}` : character;
    const known = ESCAPES[character];
    if (known !== undefined) return known;
    const hex = (character.codePointAt(0) ?? 0).toString(16);
    if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
    return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
  });
  return quote + escaped + quote;
}
