/**
 * Errors for the user: one line that says what was expected, what was found and what to do. Any other error
 * is a bug and keeps its stack trace.
 */
export type ErrorCode =
  /** An argument or option is wrong. */
  | "usage"
  /** A model, tokenizer or file is missing, or may not be read or written. */
  | "not-found"
  /** A file was read and is corrupt, or asks for something that is not implemented. */
  | "invalid-file"
  /** Memory, context or disk space is not enough. */
  | "resource";

export class GptError extends Error {
  override readonly name = "GptError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
