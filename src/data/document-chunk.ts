/** Parts of documents, between their readers and their writer. */
import type { Messages } from "../files/written.ts";

/** A document, or a chunk of a long one. */
export interface DocumentChunk {
  readonly parts: readonly (Part | EncodedPart)[];
  /** Whether it is the first, or the last, of its document. */
  readonly starts: boolean;
  readonly ends: boolean;
}

/** Text that the tokenizer encodes by itself. */
export interface Part {
  readonly text: string;
  /** Whether a model learns to write it. A model only reads the other parts. */
  readonly learned: boolean;
  /** Whether the names of control tokens in it become control tokens. */
  readonly markup: boolean;
}

/** Text with its ids. */
export interface EncodedPart {
  readonly text: string;
  readonly ids: readonly number[];
  readonly learned: boolean;
}

/** Messages, of which a model learns to write those of the assistant, or the completion alone. */
export interface Dialogue {
  readonly messages: Messages;
  readonly completion?: Messages | undefined;
  /** File and line, for errors. */
  readonly place: string;
}

/** Makes a document of a dialogue, by the chat template of a model. */
export interface DialogueReader {
  /** With equal keys and tokenizers dialogues have equal ids. */
  readonly key: string;
  partsOf(dialogue: Dialogue): readonly EncodedPart[];
}
