/**
 * The flags of the library's options: an option in kebab case, unless the flag has the name that other tools
 * use.
 */
import { OptionError } from "../../checks/option-error.ts";
import { GptError } from "../../errors.ts";

const others: Readonly<Record<string, string>> = {
  temperature: "temp",
  typicalP: "typical",
  sourceLanguage: "source-lang",
  targetLanguage: "target-lang",
  contextSize: "ctx-size",
  quantization: "quant",
  adapters: "adapter",
};

export const flagNameOf = (option: string): string =>
  Object.hasOwn(others, option)
    ? (others[option] ?? option)
    : option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** An error of the library with flags in the place of options. @param dashes in front of them */
export const inFlagNames = (error: unknown, dashes = "--"): unknown =>
  error instanceof OptionError
    ? new GptError(
        error.code,
        error.spelled((option) => dashes + flagNameOf(option)),
        { cause: error },
      )
    : error;
