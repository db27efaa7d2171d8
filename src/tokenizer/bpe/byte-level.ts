/**
 * GPT-2's alphabet: every byte has a printable character, so that byte-level BPE can be spelled in text
 * files. Bytes that Latin-1 prints stand for themselves, the other 68 for U+0100, U+0101, ... (a space is
 * `Ġ`).
 */

const characters: string[] = [];
const bytes = new Map<string, number>();

for (let byte = 0, next = 0x100; byte < 256; byte++) {
  const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  const character = String.fromCharCode(printable ? byte : next++);
  characters.push(character);
  bytes.set(character, byte);
}

/** The character of each byte. */
export const byteCharacters: readonly string[] = characters;

const utf8 = new TextEncoder();

/** Spells the UTF-8 bytes of a text in GPT-2's alphabet. */
export function toByteLevel(text: string): string {
  let spelled = "";
  for (const byte of utf8.encode(text)) spelled += characters[byte];
  return spelled;
}

/** The bytes that a text in GPT-2's alphabet spells; a text with other characters stands for itself. */
export function fromByteLevel(spelled: string): Uint8Array {
  const decoded = new Uint8Array(spelled.length);
  for (let i = 0; i < spelled.length; i++) {
    const byte = bytes.get(spelled.charAt(i));
    if (byte === undefined) return utf8.encode(spelled);
    decoded[i] = byte;
  }
  return decoded;
}
