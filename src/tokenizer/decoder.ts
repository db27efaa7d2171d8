/** The way from tokens back to text. */

export interface Decoder {
  /** The bytes of a token of the model. */
  readonly bytes: (token: string) => Uint8Array;
  /** The bytes of an added token. */
  readonly addedTokenBytes: (token: string) => Uint8Array;
  readonly trim: Trim;
}

/** The characters that a text loses at its ends: up to `start` at the start and `stop` at the end. */
export interface Trim {
  readonly character: string;
  readonly start: number;
  readonly stop: number;
}
