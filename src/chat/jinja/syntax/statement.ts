/** What a statement of a template is, once it is parsed. */
import type { OutputText } from "./output-text.ts";
import type { Scope } from "./scope.ts";
import type { TokenStream } from "./token-stream.ts";

/** How a loop goes on behind a statement. Undefined: with the next statement. */
export type Flow = "break" | "continue" | undefined;

export type Statement = (scope: Scope, output: OutputText) => Flow;

export type ParseBody = (tokens: TokenStream, ends: readonly string[]) => Statement;

/** Parses a statement behind its name. */
export type StatementParser = (tokens: TokenStream, parseBody: ParseBody) => Statement;
