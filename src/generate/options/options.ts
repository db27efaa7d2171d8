/**
 * Options of generation, with the field's names and the documented defaults. A checkpoint's generation
 * defaults go before these defaults.
 */
import type { JsonSchema } from "../../constrain/notations/json-schema/keywords.ts";
import type { Structure } from "../../constrain/notations/structure.ts";
import type { LogitsSource } from "../logits-source.ts";

export interface GenerateOptions {
  /** At most this many new tokens. Default 128; 0 is allowed. */
  readonly maxTokens?: number;
  /** At least this many new tokens before the model may end the text. Default 0. */
  readonly minTokens?: number;
  /** 0 is greedy: the likeliest token, the lowest id among equals. Default 0.8. */
  readonly temperature?: number;
  /** Keep the k likeliest tokens; 0 keeps all. Default 40. */
  readonly topK?: number;
  /**
   * Nucleus sampling (Holtzman et al. 2019), in [0, 1]; 0 keeps the likeliest token, 1 keeps all. Default
   * 0.95.
   */
  readonly topP?: number;
  /** Keep tokens at least this likely relative to the likeliest, in [0, 1]; 0 keeps all. Default 0.05. */
  readonly minP?: number;
  /** Locally typical sampling (Meister et al. 2022), in [0, 1]; 1 keeps all. Default 1. */
  readonly typicalP?: number;
  /**
   * Divides the logits of recent tokens, or multiplies logits below 0 (CTRL, Keskar et al. 2019). Default 1.
   */
  readonly repeatPenalty?: number;
  /** Number of last tokens that the three penalties look at; 0: none, -1: all. Default 64. */
  readonly repeatLastN?: number;
  /** Subtracted once from the logit of every recent token. Default 0. */
  readonly presencePenalty?: number;
  /** Subtracted from the logit of every recent token once for each occurrence. Default 0. */
  readonly frequencyPenalty?: number;
  /** No n-gram of this size occurs twice (prompt included); 0: off. Default 0. */
  readonly noRepeatNgramSize?: number;
  /** Added to the logit of an id; -Infinity bans it. */
  readonly logitBias?: ReadonlyMap<number, number>;
  /** Texts that never appear in the generated text. A control token by its name (`<|im_end|>`) is banned. */
  readonly ban?: readonly string[];
  /**
   * Texts that end the generation and are left out of it. They may hold names of control tokens
   * (`<|im_end|>`).
   */
  readonly stop?: readonly string[];
  /**
   * A grammar in llama.cpp's notation (GBNF) that the whole generated text keeps. Only one of `grammar`,
   * `regex`, `choices`, `jsonSchema`, `anyJson` and `structure` may be given. The text ends once nothing can
   * follow, and is closed within maxTokens. Text that must follow is written without asking the model.
   */
  readonly grammar?: string;
  /** A regular expression that the whole generated text matches. Not regular parts are refused. */
  readonly regex?: string;
  /** Texts: the generated text is one of them. */
  readonly choices?: readonly string[];
  /**
   * A JSON Schema: the generated text is a JSON text that keeps it. A keyword that is not supported is
   * refused.
   */
  readonly jsonSchema?: JsonSchema;
  /** The generated text is a JSON text of any kind. */
  readonly anyJson?: boolean;
  /** Parts that follow each other: texts, control tokens, and what other grammars allow. */
  readonly structure?: Structure;
  /** Bans the tokens that end a text, so that it goes on. Default false. */
  readonly ignoreEos?: boolean;
  /**
   * Seconds from the first request for a token, above 0 and at most 1,000,000, after which the generation
   * ends with "time" and keeps the text so far. Default: no limit.
   */
  readonly maxTime?: number;
  /** Treatment of tokens that the context cannot hold. Default "error". */
  readonly overflow?: Overflow;
  /**
   * Report the log-probability of every token, and of this many likeliest ones, 0 to 20. Default: no report.
   */
  readonly logprobs?: number;
  /**
   * Report log-probabilities of the prompt in the summary; without `logprobs` of its own tokens only. Default
   * false.
   */
  readonly promptLogprobs?: boolean;
  /**
   * Beam search (Graves 2012; Sutskever et al. 2014) with this many hypotheses, 1 to 64; 1: sampling. Default
   * 1. It draws nothing and reports no log-probabilities: it excludes temperature, the options from topK to
   * typicalP, logprobs, promptLogprobs and overflow "shift". Its text comes all at once, at the end.
   */
  readonly beams?: number;
  /** A hypothesis scores its log-probability / length^lengthPenalty; above 0 favours long ones. Default 1. */
  readonly lengthPenalty?: number;
  /**
   * End of beam search: `true` once there are as many finished hypotheses as beams, `false` once no running
   * one is likely to beat them, "never" once none can. Default false.
   */
  readonly earlyStopping?: boolean | "never";
  /**
   * Prompt lookup decoding (Saxena 2023): if the last tokens occurred before, guess that the tokens after
   * them follow again, at most this many, and run the guesses beside the next token; 0 to 64; 0: off. Default
   * 0. The text is the same.
   */
  readonly lookup?: number;
  /**
   * Speculative decoding (Leviathan et al. 2023): a smaller model, as `loadModel` gives it, with the same
   * vocabulary. It guesses the next tokens. The text is the same. Not beside `lookup`; neither goes with beam
   * search.
   */
  readonly draft?: DraftModel;
  /**
   * The greatest number of guesses of `draft` at a time, 1 to 64; fewer while they are often wrong. Default
   * 16.
   */
  readonly draftMax?: number;
  /** Names of control tokens in a prompt's text (`<|endoftext|>`) stand for the tokens. Default false. */
  readonly parseSpecial?: boolean;
  /**
   * Code of the language of the text that a translation model reads, as its files have it: `en_XX`,
   * `eng_Latn`, `en`. Default: the files'.
   */
  readonly sourceLanguage?: string;
  /** Code of the language that a translation model writes. Default: the files', mostly none. */
  readonly targetLanguage?: string;
  /** Unsigned 32-bit integer. Default: random. */
  readonly seed?: number;
  /** Ends the generation: the iteration yields the tokens so far and rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A model that guesses for another one. */
export interface DraftModel {
  createSession(): LogitsSource;
}

export type Overflow =
  /** A prompt that is too long is an error; a full context ends the generation. */
  | "error"
  /**
   * A prompt that is too long keeps its last tokens: as many as leave room for maxTokens, but at least half
   * the context. It keeps a beginning-of-text token that the tokenizer asks for.
   */
  | "truncate-left"
  /** The same, and a full context goes on with its younger half, which is run again. */
  | "shift";

export type FinishReason =
  /** A stop text was generated, or the grammar is finished. */
  | "stop"
  /** maxTokens were generated. */
  | "length"
  /** The model ended the text. */
  | "eos"
  /** The context is full. */
  | "context"
  /** maxTime is over. */
  | "time"
  /** The signal was aborted. */
  | "interrupted";

export interface GeneratedToken {
  readonly id: number;
  /** The text that it adds. A character that several tokens share comes with the last of them. */
  readonly text: string;
  /** Present if `logprobs` asks for them. */
  readonly logprobs?: TokenLogprobs;
}

/** The log-probability of a token by the model alone: before bias, penalties and temperature. */
export interface TokenLogprobs {
  /** Natural logarithm of its probability. */
  readonly logprob: number;
  /** The likeliest tokens, likeliest first. */
  readonly top: readonly TokenLogprob[];
}

export interface TokenLogprob {
  readonly id: number;
  readonly logprob: number;
}
