/** A SentencePiece model file (`spiece.model`, `tokenizer.model`): one protobuf message. */

import { InputFile } from "../../../files/file.ts";
import { invalidFile } from "../../../files/invalid-file.ts";
import { textOf } from "../../../files/utf8.ts";
import { MAX_TOKENS } from "../../bpe/vocabulary.ts";
import { fieldsOf } from "./protobuf.ts";

export const PIECE_TYPES = {
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;

export interface Piece {
  readonly text: string;
  readonly score: number;
  readonly type: number;
}

export interface SentencePieceModel {
  readonly file: string;
  /** Ids are places in the list. */
  readonly pieces: readonly Piece[];
  readonly isBpe: boolean;
  readonly hasByteFallback: boolean;
  readonly spaceIsSuffix: boolean;
  readonly bosId: number | undefined;
  readonly eosId: number | undefined;
  /** What the unknown piece is in a text. */
  readonly unknownSurface: string;
  readonly charsmap: Uint8Array | undefined;
  readonly addDummyPrefix: boolean;
  readonly removeExtraSpaces: boolean;
  readonly markSpaces: boolean;
}

const MODEL = { piece: 1, trainer: 2, normalizer: 3 } as const;
const PIECE = { text: 1, score: 2, type: 3 } as const;
const TRAINER = { type: 3, spaceSuffix: 24, byteFallback: 35, bos: 41, eos: 42, surface: 44 } as const;
const NORMALIZER = { charsmap: 2, dummyPrefix: 3, removeExtra: 4, escape: 5 } as const;
const TYPES = { unigram: 1, bpe: 2 } as const;

type Values = ReadonlyMap<number, number | Uint8Array>;

export async function readSentencePieceModel(path: string): Promise<SentencePieceModel> {
  const file = await InputFile.open(path);
  try {
    return parseSentencePieceModel(await file.readAll(), path);
  } finally {
    await file.close();
  }
}

/** @throws GptError `invalid-file` for a damaged file, and for a type of model that is not implemented */
export function parseSentencePieceModel(bytes: Uint8Array, file: string): SentencePieceModel {
  const pieces: Piece[] = [];
  const parts = new Map<number, Values>();
  for (const { number, value } of fieldsOf(bytes, file)) {
    if (typeof value === "number") continue;
    if (number === MODEL.piece) pieces.push(readPiece(value, file, pieces.length));
    else if (number === MODEL.trainer || number === MODEL.normalizer)
      parts.set(number, valuesOf(value, file));
    if (pieces.length > MAX_TOKENS) throw invalidFile(file, `has more than ${MAX_TOKENS} pieces`);
  }
  if (pieces.length === 0) throw invalidFile(file, "is no SentencePiece model: it has no pieces");
  const trainer = parts.get(MODEL.trainer) ?? new Map();
  const normalizer = parts.get(MODEL.normalizer) ?? new Map();
  const type = numberIn(trainer, TRAINER.type, TYPES.unigram);
  if (type !== TYPES.unigram && type !== TYPES.bpe) {
    throw invalidFile(file, `model type ${type} is not implemented; there are 1 (Unigram) and 2 (BPE)`);
  }
  const id = (number: number, absent: number): number | undefined => {
    const value = numberIn(trainer, number, absent);
    return value >= 0 && value < pieces.length ? value : undefined;
  };
  const charsmap = bytesIn(normalizer, NORMALIZER.charsmap);
  return {
    file,
    pieces,
    isBpe: type === TYPES.bpe,
    hasByteFallback: numberIn(trainer, TRAINER.byteFallback, 0) !== 0,
    spaceIsSuffix: numberIn(trainer, TRAINER.spaceSuffix, 0) !== 0,
    bosId: id(TRAINER.bos, 1),
    eosId: id(TRAINER.eos, 2),
    unknownSurface: textIn(trainer, TRAINER.surface, file) ?? " \u2047 ",
    charsmap: charsmap === undefined || charsmap.length === 0 ? undefined : charsmap,
    addDummyPrefix: numberIn(normalizer, NORMALIZER.dummyPrefix, 1) !== 0,
    removeExtraSpaces: numberIn(normalizer, NORMALIZER.removeExtra, 1) !== 0,
    markSpaces: numberIn(normalizer, NORMALIZER.escape, 1) !== 0,
  };
}

function readPiece(bytes: Uint8Array, file: string, id: number): Piece {
  const values = valuesOf(bytes, file);
  const text = textIn(values, PIECE.text, file) ?? "";
  const score = numberIn(values, PIECE.score, 0);
  if (text === "") throw invalidFile(file, `piece ${id} is empty`);
  if (!Number.isFinite(score))
    throw invalidFile(file, `the score of piece ${id} is ${score}, expected a number`);
  return { text, score, type: numberIn(values, PIECE.type, PIECE_TYPES.normal) };
}

/** The last value of each field counts. */
const valuesOf = (bytes: Uint8Array, file: string): Values =>
  new Map(Array.from(fieldsOf(bytes, file), ({ number, value }) => [number, value] as const));

function numberIn(values: Values, field: number, absent: number): number {
  const value = values.get(field);
  return typeof value === "number" ? value : absent;
}

function bytesIn(values: Values, field: number): Uint8Array | undefined {
  const value = values.get(field);
  return typeof value === "number" ? undefined : value;
}

function textIn(values: Values, field: number, file: string): string | undefined {
  const bytes = bytesIn(values, field);
  if (bytes === undefined) return undefined;
  return textOf(bytes) ?? fail(file);
}

function fail(file: string): never {
  throw invalidFile(file, "is no SentencePiece model: a text in it is not UTF-8");
}
