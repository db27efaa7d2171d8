/** Text <-> token ids: the interface of every tokenizer. */

export interface EncodeOptions {
  /**
   * Turn the names of control tokens in the text (`<|endoftext|>`) into their ids. Default false. A function
   * says where: added tokens of every kind, white space apart, then come from such places alone.
   */
  readonly parseSpecial?: boolean | MayBeToken;
}

/** Whether a token may stand for the text between two places, in UTF-16 units. */
export type MayBeToken = (start: number, end: number) => boolean;

export interface DecodeOptions {
  /** Leave control tokens out of the text. Default false. */
  readonly skipSpecial?: boolean;
}

/** Decodes ids one at a time without ever yielding part of a character. */
export interface StreamDecoder {
  /** Text that this id completes; "" while a character is unfinished. */
  push(id: number): string;
  /** Whether bytes of a character wait for the rest of it. */
  readonly unfinished: boolean;
  /** Ends the text: U+FFFD for an unfinished character, else "". */
  flush(): string;
}

export interface Tokenizer {
  /** One more than the largest id. */
  readonly vocabSize: number;
  /** The beginning-of-text token, if there is one. */
  readonly bosId: number | undefined;
  /** Whether a prompt starts with `startIds`. */
  readonly addBos: boolean;
  /**
   * The tokens that a prompt starts with: mostly `bosId` alone, or none. `encode` never adds them; `generate`
   * does.
   */
  readonly startIds: readonly number[];
  /** The tokens that a text ends with which an encoder reads. `encode` never adds them either. */
  readonly endIds: readonly number[];
  /** Tokens that end a text, by the tokenizer's own files. */
  readonly endOfTextIds: readonly number[];
  /** Of a translation model: the tokens of its languages by their codes, such as `fr_XX`. */
  readonly languageIds?: ReadonlyMap<string, number>;

  /** Adds no special tokens. Lone surrogates are encoded as U+FFFD. */
  encode(text: string, options?: EncodeOptions): number[];
  /** @throws GptError `usage` for an id outside the vocabulary */
  decode(ids: Iterable<number>, options?: DecodeOptions): string;
  /**
   * The bytes one id stands for: not always whole characters. A control token gives the bytes of its name.
   */
  bytes(id: number): Uint8Array;
  isSpecial(id: number): boolean;
  /**
   * The id of the control token whose name is exactly this text (`<|im_end|>`); undefined for any other text.
   */
  controlTokenId(text: string): number | undefined;
  /**
   * Streams the continuation of `previous` (empty: from the start of a text). Control tokens yield no text.
   */
  stream(previous?: readonly number[]): StreamDecoder;
}
