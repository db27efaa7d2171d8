import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Template } from "../../../../src/chat/jinja/template.ts";
import { MarkedText } from "../../../../src/chat/jinja/values/marked-text.ts";

const rendered = (template: string, content: string) =>
  new Template(template).render(new Map([["x", MarkedText.of(content, "user")]]), new Date());

/** What people wrote, between brackets. */
const shown = (text: MarkedText) =>
  text
    .pieces()
    .map(({ text, origin }) => (origin === "user" ? `[${text}]` : text))
    .join("");

describe("MarkedText", () => {
  it.each([
    ["<{{ x }}>", "a", "<[a]>"],
    ["{{ '<' + x + '>' }}", "a", "<[a]>"],
    ["{{ x | trim }}", "  a b ", "[a b]"],
    ["{{ ('<' ~ x ~ '>') | upper }}", "a", "<[A]>"],
    ["{{ ('-' + x + '-') | replace('-', '+') }}", "a-", "+[a]++"],
    ["{{ x | replace('a', '<s>') }}", "bab", "[b]<s>[b]"],
    ["{{ x | tojson }}", 'a"b', '["a\\"b"]'],
    ["{{ {'k': x} | tojson }}", "a", '[{"k": "a"}]'],
    ["{{ [x] }}", "a", "[['a']]"],
    ["{{ x.split('</think>')[-1].lstrip('\\n') }}!", "b</think>\n\nc", "[c]!"],
    ["{{ ('<|' + x)[1:] }}", "ab", "|[ab]"],
    ["{{ x[::-1] }}|{{ x[0] }}|{{ x | first }}", "ab", "[ba]|[a]|[a]"],
    ["{{ '%s:%s' | format('r', x) }}", "a", "r:[a]"],
    ["{{ '{}:{}'.format('r', x) }}", "a", "r:[a]"],
    ["{% set y %}<{{ x }}>{% endset %}{{ y }}", "a", "<[a]>"],
    ["{% macro m(t) %}<{{ t }}>{% endmacro %}{{ m(x) }}", "a", "<[a]>"],
    ["{% filter title %}{{ x }} b{% endfilter %}", "ab", "[Ab] B"],
    ["{{ [x, 'b'] | join(', ') }}", "a", "[a], b"],
    ["{{ x | indent(2, true) }}", "a\nb", "  [a]\n  [b]"],
    ["{% for c in x %}{{ c }}-{% endfor %}", "ab", "[a]-[b]-"],
  ])("%s", (template, content, expected) => {
    expect(shown(rendered(template, content))).toBe(expected);
  });

  it("keeps origins through any slices and joins", () => {
    const piece = fc.record({
      text: fc.string({ unit: "grapheme", maxLength: 5 }),
      origin: fc.constantFrom("template", "user", "tool"),
    });
    fc.assert(
      fc.property(fc.array(piece), fc.nat(30), fc.nat(30), (pieces, a, b) => {
        const whole = MarkedText.join(pieces.map(({ text, origin }) => MarkedText.of(text, origin)));
        const units = pieces.flatMap(({ text, origin }) => text.split("").map((unit) => unit + origin));
        const unitsOf = (text: MarkedText) =>
          text.pieces().flatMap(({ text, origin }) => text.split("").map((unit) => unit + origin));
        const [begin, end] = [Math.min(a, b), Math.max(a, b)];
        expect(unitsOf(whole)).toEqual(units);
        expect(unitsOf(whole.slice(begin, end))).toEqual(units.slice(begin, end));
        expect(unitsOf(MarkedText.join(whole.split()))).toEqual(units);
        expect(whole.split()).toHaveLength(whole.count);
      }),
    );
  });
});
