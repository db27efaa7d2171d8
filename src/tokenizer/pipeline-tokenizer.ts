/**
 * The tokenizer of all formats: added tokens are cut out of the text, the rest is normalized and split into
 * pieces, and the model encodes each piece.
 */

import { checkValue, idListRule, textRule } from "../checks/rules.ts";
import { GptError } from "../errors.ts";
import type { AddedTokens } from "./added-tokens.ts";
import type { Vocabulary } from "./bpe/vocabulary.ts";
import type { Decoder } from "./decoder.ts";
import type { TokenizerDescription } from "./description.ts";
import type { ExplainedPiece, Explanation } from "./explanation.ts";
import type { TokenizerFacts } from "./facts.ts";
import { languageIds } from "./languages.ts";
import type { PieceModel } from "./model.ts";
import type { Splitter, TakePiece } from "./pattern/splitters.ts";
import { Utf8Stream } from "./stream.ts";
import { type EncoderInput, fillTemplate } from "./template.ts";
import type { DecodeOptions, EncodeOptions, StreamDecoder, Tokenizer } from "./tokenizer.ts";

export interface EncoderInputOptions extends EncodeOptions {
  /** The second text. */
  readonly pair?: string | undefined;
  /** Special tokens included. The texts lose tokens at their ends, the longer one first. */
  readonly maxTokens?: number | undefined;
}

export interface TokenizerParts {
  readonly vocabulary: Vocabulary;
  readonly addedTokens: AddedTokens;
  readonly split: Splitter;
  readonly model: PieceModel;
  readonly decoder: Decoder;
  readonly facts: TokenizerFacts;
  /** The description from the files. Writers of other formats start from it. */
  readonly description: TokenizerDescription;
}

export class PipelineTokenizer implements Tokenizer {
  readonly vocabSize: number;
  readonly bosId: number | undefined;
  readonly startIds: readonly number[];
  readonly endIds: readonly number[];
  readonly endOfTextIds: readonly number[];
  readonly languageIds: ReadonlyMap<string, number>;
  readonly facts: TokenizerFacts;
  readonly description: TokenizerDescription;
  readonly #parts: TokenizerParts;
  readonly #added = new Set<number>();
  readonly #special = new Set<number>();
  readonly #controlTokenIds = new Map<string, number>();
  /** The bytes of each id that was decoded before. */
  readonly #bytes: (Uint8Array | undefined)[];

  constructor(parts: TokenizerParts) {
    this.#parts = parts;
    this.vocabSize = parts.vocabulary.size;
    this.#bytes = new Array<Uint8Array | undefined>(this.vocabSize);
    const { bosId, startIds, endIds, endOfTextIds } = parts.description.special;
    this.bosId = bosId;
    this.startIds = startIds;
    this.endIds = endIds;
    this.endOfTextIds = endOfTextIds;
    this.languageIds = languageIds(parts.description);
    this.description = parts.description;
    this.facts = parts.facts;
    for (const { id, content, special } of parts.addedTokens.all) {
      this.#added.add(id);
      if (!special) continue;
      this.#special.add(id);
      this.#controlTokenIds.set(content, id);
    }
  }

  encode(text: string, options: EncodeOptions = {}): number[] {
    return this.#encode(text, options, Number.POSITIVE_INFINITY);
  }

  /** @param enough ids after which no further piece is encoded */
  #encode(text: string, { parseSpecial = false }: EncodeOptions, enough: number): number[] {
    const { addedTokens, split, model } = this.#parts;
    const ids: number[] = [];
    const take: TakePiece = (piece, start, end) => {
      if (ids.length < enough) model.encode(piece, start, end, ids);
    };
    for (const [i, fragment] of addedTokens.split(wellFormed(text), parseSpecial).entries()) {
      if (ids.length >= enough) break;
      if (typeof fragment === "number") ids.push(fragment);
      else split(fragment, i === 0, take);
    }
    return ids;
  }

  /**
   * The input of an encoder: a text, or two, with the special tokens around them (`[CLS] A [SEP] B [SEP]`).
   * @throws GptError `usage` for a limit without room for the special tokens
   */
  encodeInput(text: string, { pair, maxTokens, ...options }: EncoderInputOptions = {}): EncoderInput {
    const { special, limits } = this.description;
    const enough = maxTokens === undefined || limits.side === "left" ? Number.POSITIVE_INFINITY : maxTokens;
    const ids = this.#encode(text, options, enough);
    const texts =
      pair === undefined ? ([ids] as const) : ([ids, this.#encode(pair, options, enough)] as const);
    return fillTemplate(special.template, texts, maxTokens, limits.side);
  }

  /** Encodes a text and keeps every step; a piece that comes again is explained once. */
  explain(text: string, { parseSpecial = false }: EncodeOptions = {}): Explanation {
    const { addedTokens, split, model } = this.#parts;
    const known = new Map<string, ExplainedPiece>();
    const explained = (piece: string): ExplainedPiece => {
      const explanation = known.get(piece) ?? model.explain(piece);
      known.set(piece, explanation);
      return explanation;
    };
    return addedTokens.split(wellFormed(text), parseSpecial).map((fragment, i) => {
      if (typeof fragment === "number") return fragment;
      const pieces: ExplainedPiece[] = [];
      split(fragment, i === 0, (whole, start, end) => pieces.push(explained(whole.slice(start, end))));
      return { text: fragment, pieces };
    });
  }

  decode(ids: Iterable<number>, { skipSpecial = false }: DecodeOptions = {}): string {
    checkValue("ids", ids, idListRule);
    const parts: Uint8Array[] = [];
    for (const id of ids) {
      const bytes = this.#bytesOf(id);
      if (!(skipSpecial && this.isSpecial(id))) parts.push(bytes);
    }
    const text = new Utf8Stream(this.#parts.decoder.trim);
    return text.push(Buffer.concat(parts)) + text.flush();
  }

  stream(previous: readonly number[] = []): StreamDecoder {
    checkValue("previous", previous, idListRule);
    const text = new Utf8Stream(this.#parts.decoder.trim);
    const push = (id: number): string => {
      const bytes = this.#bytesOf(id);
      return this.isSpecial(id) ? "" : text.push(bytes);
    };
    for (const id of previous) push(id);
    return {
      push,
      flush: () => text.flush(),
      get unfinished() {
        return text.unfinished;
      },
    };
  }

  bytes(id: number): Uint8Array {
    return this.#bytesOf(id).slice();
  }

  /** A token as the vocabulary spells it: `Ġthe`, `▁the`, `<0x0A>`. */
  spelling(id: number): string {
    const text = this.#parts.vocabulary.texts[id];
    if (text !== undefined) return text;
    const range = `ids go from 0 to ${this.vocabSize - 1}`;
    throw new GptError("usage", `token id ${id} is not in the vocabulary: ${range}`);
  }

  get addBos(): boolean {
    return this.startIds.length > 0;
  }

  /**
   * One more than the largest id that plain text becomes. Tokens that were added later may have larger ones.
   */
  get plainVocabSize(): number {
    let size = 0;
    for (const id of this.#parts.vocabulary.ids.values()) {
      if (!this.#added.has(id)) size = Math.max(size, id + 1);
    }
    return size;
  }

  /** In ascending order. */
  get specialIds(): readonly number[] {
    return [...this.#special].sort((a, b) => a - b);
  }

  isSpecial(id: number): boolean {
    return this.#special.has(id);
  }

  controlTokenId(text: string): number | undefined {
    return this.#controlTokenIds.get(text);
  }

  #bytesOf(id: number): Uint8Array {
    const known = this.#bytes[id];
    if (known !== undefined) return known;
    const text = this.spelling(id);
    const { bytes, addedTokenBytes } = this.#parts.decoder;
    const decoded = this.#added.has(id) ? addedTokenBytes(text) : bytes(text);
    this.#bytes[id] = decoded;
    return decoded;
  }
}

/** U+FFFD for each half of a surrogate pair that lacks the other. */
function wellFormed(text: string): string {
  checkValue("text", text, textRule);
  return text.toWellFormed();
}
