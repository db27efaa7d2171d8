/**
 * Characters, escapes and bracket classes of Oniguruma's syntax, as JavaScript's regular expressions have
 * them.
 */

import type { Cursor } from "./oniguruma-cursor.ts";
import {
  CONTROLS,
  HEXADECIMAL,
  LIGATURE,
  MEMBERS,
  POSIX_CLASSES,
  propertyName,
  SETS,
} from "./oniguruma-escapes.ts";
import { escapeLiteral } from "./regex.ts";

/** Brackets in brackets. */
const MAX_DEPTH = 100;
const PROPERTY = /\{(\^?)([^}]*)\}/y;
const POSIX_CLASS = /\[:(\^?)(\w+):\]/y;
/** A bracket expression that goes on after a `]` as its first member. */
const LEADING_BRACKET = /\](?=[\s\S]*\])/y;
/** A range, and not a `-` at the end. */
const RANGE = /-(?!\]|&&)/y;

/** A class after its `[`. */
export function characterClass(cursor: Cursor, ignoreCase: boolean): string {
  const { negation, members } = readClass(cursor, ignoreCase, 1);
  return `[${negation}${members}]`;
}

interface CharacterClass {
  readonly negation: "^" | "";
  /** In the syntax inside of brackets. */
  readonly members: string;
}

function readClass(cursor: Cursor, ignoreCase: boolean, depth: number): CharacterClass {
  if (depth > MAX_DEPTH) cursor.refuse(`more than ${MAX_DEPTH} brackets in each other`);
  const negation = cursor.accept("^") ? "^" : "";
  /** The members on each side of `&&`. */
  const sides = [cursor.match(LEADING_BRACKET) === null ? "" : "\\]"];
  while (!cursor.accept("]")) {
    if (cursor.isAtEnd) cursor.refuse("a [ without ]");
    if (cursor.accept("&&")) sides.push("");
    else sides.push((sides.pop() ?? "") + classMember(cursor, ignoreCase, depth));
  }
  if (sides.includes("")) {
    cursor.refuse(sides.length === 1 ? "[] without a member" : "&& with nothing beside it");
  }
  if (sides.length === 1) return { negation, members: sides.join() };
  return { negation, members: sides.map((side) => nested(cursor, "", side)).join("&&") };
}

/** A class in a class, which only the `v` flag knows. */
function nested(cursor: Cursor, negation: "^" | "", members: string): string {
  cursor.hasSets = true;
  return `[${negation}${members}]`;
}

/** Members of a class, or all other characters. */
const membersOf = (cursor: Cursor, { negation, members }: CharacterClass): string =>
  negation === "" && !members.includes("&&") ? members : nested(cursor, negation, members);

function classMember(cursor: Cursor, ignoreCase: boolean, depth: number): string {
  const posix = cursor.match(POSIX_CLASS);
  if (posix !== null) return posixClass(cursor, posix[2] ?? "", posix[1] === "^", ignoreCase);
  if (cursor.accept("[")) return membersOf(cursor, readClass(cursor, ignoreCase, depth + 1));
  const first = classCharacter(cursor, ignoreCase);
  if (first.set !== undefined) return first.set;
  if (cursor.match(RANGE) === null) return casesOf(cursor, first.character, ignoreCase);
  const last = cursor.sees("[") ? { set: "[" } : classCharacter(cursor, ignoreCase);
  if (last.set !== undefined) return cursor.refuse("a range to a set of characters");
  return range(cursor, first.character, last.character, ignoreCase);
}

function posixClass(cursor: Cursor, name: string, negated: boolean, ignoreCase: boolean): string {
  const members = POSIX_CLASSES.get(name);
  const isCased = name === "upper" || name === "lower";
  if (members === undefined || (ignoreCase && isCased)) return cursor.refuse(`[:${name}:]`);
  return membersOf(cursor, { negation: negated ? "^" : "", members });
}

type ClassCharacter = { readonly set: string } | { readonly set?: undefined; readonly character: string };

function classCharacter(cursor: Cursor, ignoreCase: boolean): ClassCharacter {
  if (!cursor.accept("\\")) return { character: cursor.next() };
  const code = cursor.next();
  const members = MEMBERS.get(code.toLowerCase());
  const negation = code === code.toLowerCase() ? "" : "^";
  const set =
    members === undefined ? characterSet(cursor, code, ignoreCase) : membersOf(cursor, { negation, members });
  if (set !== undefined) return { set };
  return { character: code === "b" ? "\b" : escaped(cursor, code) };
}

function range(cursor: Cursor, first: string, last: string, ignoreCase: boolean): string {
  const range = `${escapeLiteral(first)}-${escapeLiteral(last)}`;
  if (!ignoreCase) return range;
  if (first > "\x7F" || last > "\x7F") cursor.refuse(`${first}-${last} without regard to case`);
  let others = "";
  for (let code = first.charCodeAt(0); code <= last.charCodeAt(0); code++) {
    const character = String.fromCharCode(code);
    if (/[a-z]/i.test(character)) others += casesOf(cursor, character, ignoreCase);
  }
  return range + others;
}

/** A set after `\` and its letter, outside of brackets; undefined for other letters. */
export function characterSet(cursor: Cursor, code: string, ignoreCase: boolean): string | undefined {
  if (code !== "p" && code !== "P") return SETS.get(code);
  const [syntax, negation, name = ""] = cursor.match(PROPERTY) ?? [];
  if (syntax === undefined) return cursor.refuse(`\\${code}${cursor.next()}`);
  const property = propertyName(name, ignoreCase);
  if (property === undefined) return cursor.refuse(`\\${code}{${name}}`);
  const negated = (code === "P") !== (negation === "^");
  return `\\${negated ? "P" : "p"}{${property}}`;
}

/** The character that `\` and `code` stand for. */
export function escaped(cursor: Cursor, code: string): string {
  const control = CONTROLS.get(code);
  if (control !== undefined) return control;
  const hexadecimal = HEXADECIMAL.get(code);
  const match = hexadecimal && cursor.match(hexadecimal);
  if (match) {
    const value = Number.parseInt(match[1] ?? match[2] ?? "", 16);
    if (value <= 0x10ffff && (value < 0xd800 || value > 0xdfff)) return String.fromCodePoint(value);
  }
  return /[\p{L}\p{N}]/u.test(code) ? cursor.refuse(`\\${code}`) : code;
}

/** A character outside of brackets. */
export function literal(cursor: Cursor, character: string, ignoreCase: boolean): string {
  if (!ignoreCase) return escapeLiteral(character);
  if (LIGATURE.test(character + cursor.peek(1))) {
    cursor.refuse(`"${character}${cursor.next()}" without regard to case`);
  }
  const cases = casesOf(cursor, character, ignoreCase);
  return cases === escapeLiteral(character) ? cases : `[${cases}]`;
}

/** A character and, if case is ignored, its other cases: ſ is an s, the Kelvin sign a k. */
function casesOf(cursor: Cursor, character: string, ignoreCase: boolean): string {
  if (!ignoreCase) return escapeLiteral(character);
  if (/[^\x00-\x7F]/.test(character) && /\p{L}|\p{M}/u.test(character)) {
    cursor.refuse(`"${character}" without regard to case`);
  }
  const lower = character.toLowerCase();
  const other = lower === "s" ? "\u017F" : lower === "k" ? "\u212A" : "";
  return escapeLiteral([...new Set([lower, lower.toUpperCase(), other])].join(""));
}
