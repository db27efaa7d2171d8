/** The tokens of a GGUF vocabulary: their texts, types and roles. */

import { type AddedToken, addedToken } from "../../added-tokens.ts";
import { Vocabulary } from "../../bpe/vocabulary.ts";
import type { SpecialTokens } from "../../description.ts";
import { aroundTexts } from "../../template.ts";
import { endOfTextByName } from "../special-tokens.ts";
import { TOKEN_TYPES, type TokenizerKeys } from "./keys.ts";

/** The ids of tokens with a role. */
export interface Roles {
  readonly unknown?: number | undefined;
  readonly bos?: number | undefined;
  readonly eos?: number | undefined;
  readonly endOfTurn?: number | undefined;
  readonly endOfMessage?: number | undefined;
  readonly separator?: number | undefined;
  readonly padding?: number | undefined;
  readonly mask?: number | undefined;
}

export interface GgufTokens {
  readonly vocabulary: Vocabulary;
  readonly addedTokens: readonly AddedToken[];
  readonly roles: Roles;
}

/**
 * @param usual roles in files that do not say
 * @param spell how the tokenizer spells a token of the file
 */
export function readTokens(
  keys: TokenizerKeys,
  usual: Roles,
  spell: (token: string) => string = (token) => token,
): GgufTokens {
  const texts = keys.strings("tokens").map(spell);
  const vocabulary = new Vocabulary(keys.path, texts.length);
  const roles = readRoles(keys, texts.length, usual);
  const types = keys.has("token_type") ? keys.numbers("token_type", texts.length) : typesOf(texts, roles);
  const { unknown, control, userDefined, byte } = TOKEN_TYPES;
  const addedTokens: AddedToken[] = [];
  for (const [id, text] of texts.entries()) {
    const type = types[id];
    const whole = type === unknown || type === control || type === userDefined;
    vocabulary.add(text, id, keys.name("tokens"));
    if (whole || type === byte) vocabulary.reserve(text, id, type !== userDefined, keys.name("tokens"));
    if (whole) {
      const rightStrip = stripsRight(keys, text);
      addedTokens.push({ ...addedToken(text, id, type !== userDefined), rightStrip });
    }
  }
  return { vocabulary, addedTokens, roles };
}

/** Tokens of Phi-3 that take no white space along. */
const UNSTRIPPED = new Set(["<unk>", "<s>", "<|endoftext|>"]);

/** GGUF has no flags for white space beside tokens. As llama.cpp does, Phi-3 is known by its name. */
const stripsRight = (keys: TokenizerKeys, text: string): boolean =>
  /phi-?3/i.test(keys.general("name") ?? "") && !UNSTRIPPED.has(text);

function readRoles(keys: TokenizerKeys, size: number, usual: Roles): Roles {
  const id = (key: string, otherwise: number | undefined): number | undefined => {
    if (keys.has(key)) return keys.id(key, size);
    return otherwise !== undefined && otherwise < size ? otherwise : undefined;
  };
  return {
    unknown: id("unknown_token_id", usual.unknown),
    bos: id("bos_token_id", usual.bos),
    eos: id("eos_token_id", usual.eos),
    endOfTurn: id("eot_token_id", undefined),
    endOfMessage: id("eom_token_id", undefined),
    separator: id("seperator_token_id", usual.separator), // the key is misspelled in llama.cpp
    padding: id("padding_token_id", usual.padding),
    mask: id("mask_token_id", usual.mask),
  };
}

/** The types of tokens in files that do not say: tokens with a role are control tokens. */
function typesOf(texts: readonly string[], roles: Roles): number[] {
  const ids = new Set<unknown>(Object.values(roles));
  const { control, byte, normal } = TOKEN_TYPES;
  return texts.map((text, id) => (ids.has(id) ? control : /^<0x[0-9A-F]{2}>$/.test(text) ? byte : normal));
}

/** @param addBos and addEos: whether the tokens begin and end a text, in files that do not say */
export function readSpecialTokens(
  keys: TokenizerKeys,
  { addedTokens, roles }: GgufTokens,
  addBos: boolean,
  addEos = false,
): SpecialTokens {
  const { bos, eos, endOfTurn, endOfMessage } = roles;
  const asked = keys.boolean("add_bos_token");
  if (asked === true && bos === undefined) {
    throw keys.invalid("add_bos_token", `is true, but ${keys.name("bos_token_id")} is missing`);
  }
  const ends = [eos, endOfTurn, endOfMessage, ...endOfTextByName(addedTokens)].filter(
    (id) => id !== undefined,
  );
  const startIds = (asked ?? addBos) && bos !== undefined ? [bos] : [];
  const endIds = (keys.boolean("add_eos_token") ?? addEos) && eos !== undefined ? [eos] : [];
  return {
    bosId: bos,
    startIds,
    endIds,
    endOfTextIds: [...new Set(ends)],
    template: aroundTexts(startIds, endIds),
  };
}
