/** The parts of an answer: what a model says, what it thinks before, and the functions that it calls. */

export interface ToolCall {
  readonly name: string;
  /** The text of a JSON object. */
  readonly arguments: string;
}

export type AnswerPart =
  | { readonly kind: "text" | "reasoning"; readonly text: string }
  | { readonly kind: "call"; readonly call: ToolCall };

/** Takes an answer apart while it is written. No text is lost: what is no call after all is text. */
export interface AnswerReader {
  /** Whether the next token is reasoning. */
  readonly isReasoning: boolean;
  /** The parts that are certain now. Tags belong to no part. */
  push(text: string): AnswerPart[];
  /** Takes a control token, which has no text, by its name. */
  control(name: string): AnswerPart[];
  /** What was held back until the end of the answer. */
  flush(): AnswerPart[];
}
