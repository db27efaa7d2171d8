/** Texts -> a tokenizer. */
export { END_OF_TEXT, type TrainTokenizerOptions } from "./options.ts";
export { saveTokenizer } from "./save.ts";
export { type TrainedTokenizer, trainTokenizer } from "./train.ts";
export { trainingPatternNames } from "./training-patterns.ts";
