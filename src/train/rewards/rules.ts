/** Rewards that a rule gives: each looks at one answer alone. */
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import { textOf } from "../../files/written.ts";
import { withinTime } from "../../host/time-limit.ts";
import type { Answer, Points, RewardSource } from "./reward.ts";

/** The longest search of a regular expression in an answer. */
const SEARCH_MS = 1000;

/** An answer as text: of messages, their contents. */
type TextAnswer = Pick<Answer, "fields"> & { readonly completion: string };

interface Rule {
  readonly argument?: string;
  readonly describe: string;
  /** @throws GptError `usage` for a wrong argument */
  points(argument: string): (answer: TextAnswer) => Points;
}

const ruled = ({ points, ...facts }: Rule): RewardSource => ({
  ...facts,
  open(argument) {
    const of = points(argument);
    const ofAnswer = ({ completion, fields }: Answer) => of({ completion: textOf(completion), fields });
    return { score: async (answers) => answers.map(ofAnswer), close: async () => {} };
  },
});

export const length = ruled({
  argument: "WORDS",
  describe: "0 for an answer of so many words, -1 for one of none or of twice as many",
  points(argument) {
    const aim = Number(argument);
    if (!(Number.isFinite(aim) && aim > 0)) {
      throw new GptError("usage", `length: expected a number of words above 0, found ${quote(argument)}`);
    }
    return ({ completion }) => -Math.abs((completion.match(/\S+/g)?.length ?? 0) - aim) / aim;
  },
});

export const regex = ruled({
  argument: "PATTERN",
  describe: "1 where the regular expression is found, else 0",
  points(argument) {
    const pattern = compiled(argument);
    const refusal = () => new GptError("usage", `regex: ${quote(argument)} takes too long in an answer`);
    return ({ completion }) => Number(withinTime(SEARCH_MS, refusal, () => pattern.test(completion)));
  },
});

function compiled(pattern: string): RegExp {
  try {
    return new RegExp(pattern, "su");
  } catch (error) {
    throw new GptError("usage", `regex: ${quote(pattern)} is no regular expression: ${String(error)}`);
  }
}

export const contains = ruled({
  argument: "TEXT",
  describe: "1 for an answer that contains the text, else 0",
  points: (argument) => {
    needed("contains", argument);
    return ({ completion }) => Number(completion.includes(argument));
  },
});

export const words = ruled({
  argument: "WORD,WORD..",
  describe: "1 for an answer with one of the words, in any case, else 0",
  points(argument) {
    needed("words", argument);
    const wanted = new Set(argument.split(",").map((word) => word.trim().toLowerCase()));
    return ({ completion }) => {
      const found = completion.toLowerCase().match(/[\p{L}\p{N}'-]+/gu) ?? [];
      return Number(found.some((word) => wanted.has(word)));
    };
  },
});

export const json = ruled({
  describe: "1 for an answer that is valid JSON, else 0",
  points: () => (answer) => {
    try {
      JSON.parse(answer.completion);
      return 1;
    } catch {
      return 0;
    }
  },
});

export const equals = ruled({
  argument: "FIELD",
  describe: "1 for an answer that is this field of its prompt's line, but for space around it, else 0",
  points(argument) {
    needed("equals", argument);
    return ({ completion, fields = {} }) => {
      const right = Object.hasOwn(fields, argument) ? fields[argument] : undefined;
      if (typeof right !== "string" && typeof right !== "number") return undefined;
      return Number(completion.trim() === String(right).trim());
    };
  },
});

function needed(name: string, argument: string): void {
  if (argument === "") throw new GptError("usage", `${name}: expected a text after ${name}:`);
}
