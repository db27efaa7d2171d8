/**
 * Cuts a text where its script changes, as `UnicodeScripts` of Hugging Face's tokenizers does: kana count as
 * Han, and a space belongs to the script before it. Spaces at the start of a text are lost there, and so they
 * are here.
 */

import type { Splitter } from "./splitters.ts";

/** The scripts of Unicode 9, which that library knows. Characters of later ones count as spaces. */
const NAMES =
  "Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Common Coptic Cuneiform Cypriot Cyrillic Deseret Devanagari Duployan Egyptian_Hieroglyphs Elbasan Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gurmukhi Han Hangul Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kayah_Li Kharoshthi Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Malayalam Mandaic Manichaean Marchen Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean New_Tai_Lue Newa Nko Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sora_Sompeng Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Ugaritic Vai Warang_Citi Yi".split(
    " ",
  );
/** The script of spaces: it ends no piece. */
const ANY = "";
const AS_HAN = new Set(["Hiragana", "Katakana"]);
const PROLONGED_SOUND_MARK = "ー";

const known = new Map([
  [" ", ANY],
  [PROLONGED_SOUND_MARK, "Han"],
]);

function scriptOf(character: string): string {
  const found = known.get(character);
  if (found !== undefined) return found;
  const name = NAMES.find((script) => new RegExp(`\\p{Script=${script}}`, "u").test(character)) ?? ANY;
  const script = AS_HAN.has(name) ? "Han" : name;
  known.set(character, script);
  return script;
}

export const scripts: Splitter = (text, _atStart, take) => {
  let start = -1;
  let last = ANY;
  let place = 0;
  for (const character of text) {
    const script = scriptOf(character);
    if (script !== ANY && script !== last) {
      if (start !== -1) take(text, start, place);
      start = place;
      last = script;
    }
    place += character.length;
  }
  if (start !== -1) take(text, start, place);
};
