/** Python's formats: `"%s" % x` and `"{}".format(x)`. */
import { checkLength } from "./limits.ts";
import { MarkedText } from "./marked-text.ts";
import { floatText, repr, str } from "./printing.ts";
import { fail } from "./template-error.ts";
import { type CallArguments, Dict, isText, List, typeName, type Value } from "./values.ts";

const PERCENT =
  /%(?:\((?<name>[^)]*)\))?(?<flags>[-+ 0#]*)(?<width>\d*)(?:\.(?<precision>\d+))?(?<kind>[sdrifxXc%])/;

/** Replaces each `%` of a format by the next value, or by the named one of a dict. */
export function formatPercent(format: MarkedText, given: Value): MarkedText {
  const values = given instanceof List && given.kind === "tuple" ? given.items : [given];
  const parts: MarkedText[] = [];
  let next = 0;
  let rest = format;
  for (;;) {
    const found = PERCENT.exec(rest.text);
    const { index = rest.text.indexOf("%") } = found ?? {};
    if (found === null && index >= 0) return fail("type", "unsupported format character after %");
    if (found === null) break;
    const { name, flags = "", width = "", precision, kind = "s" } = found.groups ?? {};
    parts.push(rest.slice(0, index));
    rest = rest.slice(index + found[0].length);
    if (kind === "%") {
      parts.push(MarkedText.of("%"));
      continue;
    }
    const value = name === undefined ? values[next++] : given instanceof Dict ? given.named(name) : undefined;
    if (value === undefined) return fail("type", "not enough arguments for format string");
    const align = flags.includes("-") ? "<" : flags.includes("0") ? "0" : ">";
    const sign = flags.includes("+") ? "+" : "";
    parts.push(padded(converted(value, kind, precision, sign), Number(width), align));
  }
  if (next < values.length && !(given instanceof Dict)) {
    return fail("type", "not all arguments converted during string formatting");
  }
  return MarkedText.join([...parts, rest]);
}

function converted(value: Value, kind: string, precision: string | undefined, sign: string): MarkedText {
  const cut = (text: MarkedText) => (precision === undefined ? text : text.characters(0, Number(precision)));
  if (kind === "s") return cut(str(value));
  if (kind === "r") return cut(repr(value));
  if (kind === "c" && isText(value)) return value;
  if (typeof value !== "bigint" && typeof value !== "number" && typeof value !== "boolean") {
    return fail("type", `%${kind} format: a real number is required, not ${typeName(value)}`);
  }
  const spelled =
    kind === "f"
      ? Number(value).toFixed(Number(precision ?? 6))
      : BigInt(typeof value === "number" ? Math.trunc(value) : value).toString(
          kind === "x" || kind === "X" ? 16 : 10,
        );
  const cased = kind === "X" ? spelled.toUpperCase() : spelled;
  return MarkedText.of(cased.startsWith("-") ? cased : sign + cased);
}

/** @param align `<` left, `>` right, `^` centre, `0` zeros behind the sign */
export function padded(text: MarkedText, width: number, align: string, fill = " "): MarkedText {
  const room = width - text.count;
  if (room <= 0) return text;
  checkLength(width);
  const space = (count: number, filler = fill) => MarkedText.of(filler.repeat(count));
  if (align === "<") return MarkedText.join([text, space(room)]);
  if (align === ">") return MarkedText.join([space(room), text]);
  if (align === "^") {
    const left = Math.floor(room / 2);
    return MarkedText.join([space(left), text, space(room - left)]);
  }
  const sign = /^[-+]/.test(text.text) ? 1 : 0;
  return MarkedText.join([text.slice(0, sign), space(room, "0"), text.slice(sign)]);
}

const FIELD = /\{\{|\}\}|\{([^{}!:]*)(?:!([rs]))?(?::([^{}]*))?\}/;
const SPECIFICATION = /^(?:(.)?([<>^]))?([+]?)(0?)(\d*)(,?)(?:\.(\d+))?([sdfgx%]?)$/su;

/** As `str.format`. */
export function formatBraces(format: MarkedText, { positional, named }: CallArguments): MarkedText {
  const parts: MarkedText[] = [];
  let next = 0;
  let rest = format;
  for (let found = FIELD.exec(rest.text); found !== null; found = FIELD.exec(rest.text)) {
    const [whole, field = "", conversion, specification = ""] = found;
    parts.push(rest.slice(0, found.index));
    rest = rest.slice(found.index + whole.length);
    if (whole === "{{" || whole === "}}") {
      parts.push(MarkedText.of(whole.slice(1)));
      continue;
    }
    const isPlace = field === "" || /^\d+$/.test(field);
    const value = isPlace ? positional[field === "" ? next++ : Number(field)] : named.get(field);
    if (value === undefined) return fail("type", `str.format has no value for {${field}}`);
    parts.push(specified(conversion === "r" ? repr(value) : value, specification));
  }
  return MarkedText.join([...parts, rest]);
}

function specified(value: Value, specification: string): MarkedText {
  const found = SPECIFICATION.exec(specification);
  if (found === null) return fail("type", `Invalid format specifier '${specification}'`);
  const [, fill = " ", align, sign = "", zero, width = "", comma, precision, kind = ""] = found;
  const isNumber = typeof value === "bigint" || typeof value === "number";
  let text = str(value);
  if (kind === "f" || kind === "x" || kind === "d") text = converted(value, kind, precision, sign);
  else if (kind === "%") text = MarkedText.of(`${(100 * Number(value)).toFixed(Number(precision ?? 6))}%`);
  else if (precision !== undefined && isNumber)
    text = MarkedText.of(floatText(Number(Number(value).toPrecision(Number(precision)))));
  else if (precision !== undefined) text = text.characters(0, Number(precision));
  if (comma) text = text.map((digits) => digits.replace(/\d(?=(\d{3})+(?!\d))/g, "$&,"));
  return padded(text, Number(width), align ?? (zero ? "0" : isNumber ? ">" : "<"), fill);
}
