/** A text that shows whether two tokenizers differ. */

/**
 * Any two pre-tokenizers in use split it differently: it has words, cases, digits, marks, spaces, scripts.
 */
export const PROBE =
  " Hello,  world! I'm don't WE'LL it's\n\n\n  3 33 333 3333 12.5% x1y camelCase HTTPServer's\r\n\t\tfoo_bar(); //==>" +
  " <|tag|> a/b\n/c $5+=`~^ 日本語の文 ελληνικά русский हिन्दी عربى 🚀👩‍🚀 é ﬁ ½ Ⅷ   end ";
