/** The tokenizer of mteval-v14.pl --international-tokenization: punctuation and symbols of any script. */

export const tokenizeInternational = (text: string): string =>
  text
    .replace(/(\P{N})(\p{P})/gu, "$1 $2 ")
    .replace(/(\p{P})(\P{N})/gu, " $1 $2")
    .replace(/\p{S}/gu, " $& ");
