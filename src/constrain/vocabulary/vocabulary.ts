/** The tokens of a tokenizer as bytes. */
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import { controlBytes } from "../grammar/control-tokens.ts";
import { type FoundToken, type Token, TokenTree } from "./token-tree.ts";

export type TokenBytes = Pick<Tokenizer, "vocabSize" | "bytes" | "isSpecial">;

/** The bytes of a token in a grammar. */
export const grammarBytes = (tokenizer: TokenBytes, id: number): Uint8Array =>
  tokenizer.isSpecial(id) ? controlBytes(tokenizer.bytes(id)) : tokenizer.bytes(id);

/** Bytes of a short token. A long one is rare, and looks further ahead. */
const SHORT = 24;

export class Vocabulary {
  /** One more than the largest id. */
  readonly size: number;
  /** Of short tokens, and of long ones. */
  readonly trees: readonly TokenTree[];
  /** Whether every byte is a token of its own. */
  readonly spellsBytes: boolean;

  /** Tokens without bytes are left out: no text of a grammar has them. */
  constructor(tokenizer: TokenBytes) {
    this.size = tokenizer.vocabSize;
    const tokens: Token[] = [];
    for (let id = 0; id < tokenizer.vocabSize; id++) {
      const text = Buffer.from(grammarBytes(tokenizer, id)).toString("latin1");
      if (text !== "") tokens.push({ id, text });
    }
    tokens.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.id - b.id));
    const [short, long] = [tokens.filter(isShort), tokens.filter((token) => !isShort(token))];
    this.trees = [short, long].filter(({ length }) => length > 0).map((own) => new TokenTree(own));
    const single = tokens.filter(({ text }) => text.length === 1);
    this.spellsBytes = new Set(single.map(({ text }) => text)).size === 256;
  }

  /** The longest token that a text begins with, the lowest id among equals; undefined if there is none. */
  longestToken(text: ArrayLike<number>, from: number): FoundToken | undefined {
    return this.trees
      .map((tree) => tree.longestToken(text, from))
      .reduce((best, found) => (found && found.length > (best?.length ?? 0) ? found : best), undefined);
  }
}

const isShort = ({ text }: Token): boolean => text.length <= SHORT;
