import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Template } from "../../../src/chat/jinja/template.ts";
import { parseExactJson, valueFrom } from "../../../src/chat/jinja/values/json-values.ts";
import { TemplateError } from "../../../src/chat/jinja/values/template-error.ts";
import { root } from "../../habits/sources.ts";

/** Rendered by jinja2 3.1.6, set up as transformers sets it up; `error` is Python's message. */
const renderings: readonly { template: string; text?: string; error?: string }[] = JSON.parse(
  readFileSync(join(root, "test/fixtures/jinja/renderings.json"), "utf8"),
);

const NOW = new Date(2024, 6, 26);
const messages = valueFrom(parseExactJson('[{"a": 1}]'), "user");
const render = (template: string) => new Template(template).render(new Map([["messages", messages]]), NOW);

/** Faults of a template's text: the words are ours. */
const OWN_WORDS = /^(?:Unexpected end|unexpected|expected token|cannot|too many values)/;

describe("Template", () => {
  it.each(renderings.filter(({ text }) => text !== undefined))("$template", ({ template, text }) => {
    expect(render(template).text).toBe(text);
  });

  it.each(renderings.filter(({ error }) => error !== undefined))(
    "fails: $template",
    ({ template, error }) => {
      expect(() => render(template)).toThrow(TemplateError);
      if (error !== undefined && !OWN_WORDS.test(error)) expect(() => render(template)).toThrow(error);
    },
  );

  it("says the line of a fault", () => {
    const lineOf = (template: string) => {
      try {
        render(template);
      } catch (error) {
        return error instanceof TemplateError ? error.line : error;
      }
      return undefined;
    };
    expect(lineOf("a\n{% if true %}\n{{ x.y }}\n{% endif %}")).toBe(3);
    expect(lineOf("a\n\n{{ 1 + }}")).toBe(3);
    expect(lineOf("a\n{% foo %}")).toBe(2);
    expect(lineOf("\n{{ raise_exception('no') }}")).toBe(2);
    expect(lineOf("\n\n{{ (1")).toBe(3);
  });

  it.each([
    "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{{ 'x' * 10000000000 }}",
    "{% set ns = namespace(x='x') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "{{ range(1000000) }}",
    "{{ 10 ** 10000 }}",
    "{{ [1] * 100000000000 }}",
  ])("ends a template that does not end: %s", (template) => {
    expect(() => render(template)).toThrow(TemplateError);
  });

  it("reaches nothing of JavaScript", () => {
    for (const name of ["constructor", "__proto__", "prototype", "toString", "valueOf"]) {
      for (const value of ["''", "[]", "{}", "1", "messages", "range", "namespace()"]) {
        expect(render(`{{ ${value}.${name} is defined }}${value}`).text).toBe(`False${value}`);
      }
      expect(render(`{{ ${name} is defined }}`).text).toBe("False");
      expect(() => render(`{{ 1 | ${name} }}`)).toThrow("No filter named");
      expect(() => render(`{{ 1 is ${name} }}`)).toThrow("No test named");
    }
  });
});
