/** A template of Jinja: parsed once, rendered with variables. */
import { globals } from "./library/globals.ts";
import { OutputText } from "./syntax/output-text.ts";
import { Scope } from "./syntax/scope.ts";
import type { Statement } from "./syntax/statement.ts";
import { parseBody } from "./syntax/statements.ts";
import { TokenStream } from "./syntax/token-stream.ts";
import { Limits } from "./values/limits.ts";
import type { MarkedText } from "./values/marked-text.ts";
import type { Value } from "./values/values.ts";

export class Template {
  readonly #body: Statement;

  /** @throws TemplateError `syntax` */
  constructor(source: string) {
    this.#body = parseBody(new TokenStream(source));
  }

  /**
   * @param now the date that `strftime_now` writes
   * @throws TemplateError also for the template's own `raise_exception`
   */
  render(variables: ReadonlyMap<string, Value>, now: Date): MarkedText {
    const scope = new Scope(new Limits());
    for (const [name, value] of Object.entries(globals(now))) scope.set(name, value);
    const inner = scope.inner();
    for (const [name, value] of variables) inner.set(name, value);
    const output = new OutputText();
    this.#body(inner, output);
    return output.text;
  }
}
