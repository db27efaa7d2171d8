/**
 * Control tokens in a grammar of bytes: the name between two bytes that no text in UTF-8 has. So a grammar can
 * ask for `<tool_call>` as the one token that it is, and no text that spells its name takes its place.
 */
import { type Expression, literal, sequence } from "./expression.ts";

const [BEGIN, END] = [0xff, 0xfe];

/** The bytes that stand for a control token. */
export const controlBytes = (name: Uint8Array): Uint8Array => Uint8Array.of(BEGIN, ...name, END);

export const controlToken = (name: string): Expression =>
  sequence({ kind: "bytes", first: BEGIN, last: BEGIN }, literal(name), {
    kind: "bytes",
    first: END,
    last: END,
  });

/** Cuts bytes before and behind each control token. */
export function aroundControlTokens(bytes: readonly number[]): readonly (readonly number[])[] {
  const pieces: number[][] = [];
  for (const byte of bytes) {
    const last = pieces.at(-1);
    const isInside = last?.[0] === BEGIN && last.at(-1) !== END;
    const goesOn = last !== undefined && (isInside || (byte !== BEGIN && last[0] !== BEGIN));
    if (goesOn) last.push(byte);
    else pieces.push([byte]);
  }
  return pieces;
}
