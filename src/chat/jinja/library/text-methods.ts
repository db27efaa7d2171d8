/** The methods of Python's str. */
import { Given } from "../values/arguments.ts";
import { formatBraces, padded } from "../values/formatting.ts";
import { capitalized, isLower, isUpper, lower, swapped, titleCase, upper } from "../values/letter-case.ts";
import { MarkedText } from "../values/marked-text.ts";
import { isSpace, lines, parted, replaced, stripped, words } from "../values/stripping.ts";
import { fail } from "../values/template-error.ts";
import { Callable, isText, itemsOf, List, typeName, type Value } from "../values/values.ts";

interface Method {
  readonly parameters: readonly string[];
  call(text: MarkedText, given: Given): Value;
}

const plain = (change: (text: MarkedText) => Value): Method => ({ parameters: [], call: change });

const test = (holds: (text: string) => boolean): Method => plain(({ text }) => holds(text));

const strip = (sides: { left: boolean; right: boolean }): Method => ({
  parameters: ["chars"],
  call: (text, given) => stripped(text, given.text("chars")?.text, sides),
});

const split = (fromRight: boolean): Method => ({
  parameters: ["sep", "maxsplit"],
  call: (text, given) => {
    const separator = given.text("sep")?.text;
    const most = given.integer("maxsplit") ?? -1;
    return new List(
      separator === undefined ? words(text, most, fromRight) : parted(text, separator, most, fromRight),
    );
  },
});

const partition = (fromRight: boolean): Method => ({
  parameters: ["sep"],
  call: (text, given) => {
    const separator = textOf(given.needed("sep"));
    const parts = parted(text, separator.text, 1, fromRight);
    const [before, after] = parts;
    const none = MarkedText.of("");
    if (before !== undefined && after !== undefined) return new List([before, separator, after], "tuple");
    return new List(fromRight ? [none, none, text] : [text, none, none], "tuple");
  },
});

/** Whether the part of the text begins or ends with one of some texts. */
const edge = (holds: (text: string, edge: string) => boolean): Method => ({
  parameters: ["prefix", "start", "end"],
  call: (text, given) => {
    const wanted = given.needed("prefix");
    const edges = wanted instanceof List && wanted.kind === "tuple" ? wanted.items : [wanted];
    const part = within(text, given);
    return edges.some((edge) => holds(part.text, textOf(edge).text));
  },
});

function within(text: MarkedText, given: Given): MarkedText {
  const length = text.count;
  const [begin, end] = [given.integer("start") ?? 0, given.integer("end") ?? length].map((bound) =>
    Math.min(length, Math.max(0, bound < 0 ? bound + length : bound)),
  );
  return text.characters(begin ?? 0, Math.max(begin ?? 0, end ?? length));
}

/** The place of a text, in code points. */
const find = (search: (text: string, wanted: string) => number, isNeeded: boolean): Method => ({
  parameters: ["sub", "start", "end"],
  call: (text, given) => {
    const part = within(text, given);
    const at = search(part.text, textOf(given.needed("sub")).text);
    if (at < 0) return isNeeded ? fail("type", "substring not found") : -1n;
    const start = given.integer("start") ?? 0;
    return BigInt(part.slice(0, at).count + (start < 0 ? Math.max(0, start + text.count) : start));
  },
});

const pad = (align: string): Method => ({
  parameters: ["width", "fillchar"],
  call: (text, given) => {
    const width = given.integer("width") ?? 0;
    const fill = given.text("fillchar")?.text ?? " ";
    if (align !== "centre") return padded(text, width, align, fill);
    const room = Math.max(0, width - text.count);
    const left = Math.floor(room / 2) + (room & width & 1);
    return padded(padded(text, text.count + left, ">", fill), width, "<", fill);
  },
});

const remove = (isPrefix: boolean): Method => ({
  parameters: ["affix"],
  call: (text, given) => {
    const { text: affix } = textOf(given.needed("affix"));
    if (isPrefix) return text.text.startsWith(affix) ? text.slice(affix.length) : text;
    return affix !== "" && text.text.endsWith(affix) ? text.slice(0, text.length - affix.length) : text;
  },
});

const titleText = (text: MarkedText): MarkedText => titleCase(text, /(?<!\p{L})\p{L}/gu);

function textOf(value: Value): MarkedText {
  return isText(value) ? value : fail("type", `must be str, not ${typeName(value)}`);
}

const methods: Readonly<Record<string, Method>> = {
  strip: strip({ left: true, right: true }),
  lstrip: strip({ left: true, right: false }),
  rstrip: strip({ left: false, right: true }),
  split: split(false),
  rsplit: split(true),
  partition: partition(false),
  rpartition: partition(true),
  splitlines: {
    parameters: ["keepends"],
    call: (text, given) => new List(lines(text, given.flag("keepends"))),
  },
  startswith: edge((text, edge) => text.startsWith(edge)),
  endswith: edge((text, edge) => text.endsWith(edge)),
  find: find((text, wanted) => text.indexOf(wanted), false),
  rfind: find((text, wanted) => text.lastIndexOf(wanted), false),
  index: find((text, wanted) => text.indexOf(wanted), true),
  rindex: find((text, wanted) => text.lastIndexOf(wanted), true),
  count: {
    parameters: ["sub", "start", "end"],
    call: (text, given) => {
      const [part, { text: wanted }] = [within(text, given), textOf(given.needed("sub"))];
      return BigInt(wanted === "" ? part.count + 1 : part.text.split(wanted).length - 1);
    },
  },
  replace: {
    parameters: ["old", "new", "count"],
    call: (text, given) => {
      const [old, by] = [textOf(given.needed("old")), textOf(given.needed("new"))];
      return replaced(text, old, by, given.integer("count"));
    },
  },
  join: {
    parameters: ["iterable"],
    call: (text, given) => MarkedText.join(itemsOf(given.needed("iterable")).map(textOf), text),
  },
  removeprefix: remove(true),
  removesuffix: remove(false),
  upper: plain(upper),
  lower: plain(lower),
  casefold: plain(lower),
  swapcase: plain(swapped),
  capitalize: plain(capitalized),
  title: plain(titleText),
  center: pad("centre"),
  ljust: pad("<"),
  rjust: pad(">"),
  zfill: { parameters: ["width"], call: (text, given) => padded(text, given.integer("width") ?? 0, "0") },
  expandtabs: plain((text) => text.map((part) => part.replaceAll("\t", "        "))),
  isdigit: test((text) => /^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u.test(text)),
  isdecimal: test((text) => /^\p{Nd}+$/u.test(text)),
  isnumeric: test((text) => /^\p{N}+$/u.test(text)),
  isalpha: test((text) => /^\p{L}+$/u.test(text)),
  isalnum: test((text) => /^[\p{L}\p{N}]+$/u.test(text)),
  isidentifier: test((text) => /^[\p{L}\p{Nl}_][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}]*$/u.test(text)),
  isspace: test((text) => text !== "" && [...text].every(isSpace)),
  isascii: test((text) => /^[\0-\x7f]*$/.test(text)),
  istitle: test((text) => /\p{L}/u.test(text) && text === titleText(MarkedText.of(text)).text),
  isupper: test(isUpper),
  islower: test(isLower),
};

/** A method of a text; undefined for other names. */
export function textMethod(text: MarkedText, name: string): Value | undefined {
  if (name === "format") return new Callable(name, (given) => formatBraces(text, given));
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) return undefined;
  return new Callable(name, (given) =>
    method.call(text, new Given(`str.${name}()`, given, method.parameters)),
  );
}
