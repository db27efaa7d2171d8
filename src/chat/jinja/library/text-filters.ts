/** Filters of texts. */
import { Given } from "../values/arguments.ts";
import { escaped } from "../values/escaping.ts";
import { formatPercent, padded } from "../values/formatting.ts";
import { capitalized, lower, titleCase, upper } from "../values/letter-case.ts";
import { checkLength } from "../values/limits.ts";
import { MarkedText } from "../values/marked-text.ts";
import { str } from "../values/printing.ts";
import { lines, replaced, stripped } from "../values/stripping.ts";
import {
  type CallArguments,
  Dict,
  defined,
  isText,
  itemsOf,
  List,
  NONE,
  type Value,
} from "../values/values.ts";

type Filter = (value: Value, given: CallArguments) => Value;

const ofText =
  (change: (text: MarkedText) => Value): Filter =>
  (value) =>
    change(str(value));

function indent(value: Value, given: CallArguments): Value {
  const bound = new Given("indent", given, ["width", "first", "blank"]);
  const width = bound.get("width") ?? 4n;
  const space = isText(width) ? width : MarkedText.of(" ".repeat(Number(width)));
  const all = lines(MarkedText.join([str(value), MarkedText.of("\n")]));
  checkLength((all.length + 1) * space.length);
  const indented = all.map((line, i) => {
    const isIndented = i > 0 ? bound.flag("blank") || line.length > 0 : false;
    return isIndented ? MarkedText.join([space, line]) : line;
  });
  const whole = MarkedText.join(indented, MarkedText.of("\n"));
  return bound.flag("first") ? MarkedText.join([space, whole]) : whole;
}

function trim(value: Value, given: CallArguments): Value {
  return stripped(str(value), new Given("trim", given, ["chars"]).text("chars")?.text);
}

function replace(value: Value, given: CallArguments): Value {
  const bound = new Given("replace", given, ["old", "new", "count"]);
  return replaced(
    str(value).marked(false),
    str(bound.needed("old")),
    str(bound.needed("new")),
    bound.integer("count"),
  );
}

function truncate(value: Value, given: CallArguments): Value {
  const bound = new Given("truncate", given, ["length", "killwords", "end", "leeway"]);
  const [text, end] = [str(value), bound.text("end") ?? MarkedText.of("...")];
  const most = bound.integer("length") ?? 255;
  if (text.count <= most + (bound.integer("leeway") ?? 5)) return text;
  const cut = text.characters(0, Math.max(0, most - end.count));
  if (bound.flag("killwords")) return MarkedText.join([cut, end]);
  const space = cut.text.lastIndexOf(" ");
  return MarkedText.join([space < 0 ? cut : cut.slice(0, space), end]);
}

function format(value: Value, { positional, named }: CallArguments): Value {
  const given =
    named.size > 0
      ? new Dict([...named].map(([name, item]) => [MarkedText.of(name), item] as const))
      : new List(positional, "tuple");
  return formatPercent(str(value), given);
}

const toHtml = ofText(escaped);

function urlEncode(value: Value): Value {
  const encode = (text: MarkedText, kept: RegExp) =>
    text.map((part) =>
      encodeURIComponent(part.toWellFormed())
        .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
        .replace(kept, (code) => decodeURIComponent(code)),
    );
  if (!(value instanceof Dict) && !(value instanceof List)) return encode(str(value), /%2F/g);
  const pairs = value instanceof Dict ? value.entries : value.items.map((pair) => itemsOf(pair));
  const plus = (text: MarkedText) => text.map((part) => part.replaceAll("%20", "+"));
  const parts = pairs.map(([key = NONE, item = NONE]) =>
    MarkedText.join([plus(encode(str(key), /(?!)/g)), plus(encode(str(item), /(?!)/g))], MarkedText.of("=")),
  );
  return MarkedText.join(parts, MarkedText.of("&"));
}

function wordWrap(value: Value, given: CallArguments): Value {
  const bound = new Given("wordwrap", given, ["width", "break_long_words", "wrapstring", "break_on_hyphens"]);
  const width = bound.integer("width") ?? 79;
  const wrapped = lines(str(value)).map((line) => {
    const rows: string[] = [];
    for (const word of line.text.split(/\s+/)) {
      const row = rows.at(-1);
      if (row !== undefined && row.length + 1 + word.length <= width)
        rows[rows.length - 1] = `${row} ${word}`;
      else rows.push(word);
    }
    return MarkedText.of(rows.join(bound.text("wrapstring")?.text ?? "\n"), line.origin);
  });
  return MarkedText.join(wrapped, MarkedText.of("\n"));
}

export const textFilters: Readonly<Record<string, Filter>> = {
  capitalize: ofText(capitalized),
  center: (value, given) => {
    const width = new Given("center", given, ["width"]).integer("width") ?? 80;
    const text = str(value);
    const left =
      text.count + Math.floor(Math.max(0, width - text.count) / 2) + ((width - text.count) & width & 1);
    return text.count >= width ? text : padded(padded(text, left, ">"), width, "<");
  },
  e: toHtml,
  escape: toHtml,
  forceescape: toHtml,
  format,
  indent,
  lower: ofText(lower),
  replace,
  safe: ofText((text) => text.marked(true)),
  string: ofText((text) => text),
  striptags: ofText((text) =>
    text.map((part) =>
      part
        .replace(/<!--[\s\S]*?-->|<[^>]*>/g, "")
        .split(/\s+/)
        .join(" ")
        .trim(),
    ),
  ),
  title: ofText((text) => titleCase(text, /(?<=^|[-\s({[<])[^-\s({[<]/gu)),
  trim,
  truncate,
  upper: ofText(upper),
  urlencode: urlEncode,
  wordcount: (value) => BigInt(str(defined(value)).text.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  wordwrap: wordWrap,
};
