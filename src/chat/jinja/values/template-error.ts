/** An error of a template: its words are Python's, which people find in the issues of a template. */

/** What happened: a fault in the template's text or in how it is used, or its own `raise_exception`. */
export type TemplateFault = "syntax" | "undefined" | "type" | "limit" | "refusal";

export class TemplateError extends Error {
  override readonly name = "TemplateError";
  readonly fault: TemplateFault;
  /** The line of the template, from 1, once it is known. */
  line: number | undefined;

  constructor(fault: TemplateFault, message: string, line?: number) {
    super(message);
    this.fault = fault;
    this.line = line;
  }
}

export function fail(fault: TemplateFault, message: string): never {
  throw new TemplateError(fault, message);
}
