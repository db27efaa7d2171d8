/** Prompts as programs: examples before the question, a reasoning, and a vote on the answers. */
import { readFile } from "node:fs/promises";
import { GptError } from "../../../errors.ts";
import { fileError } from "../../../files/file.ts";
import { decodeText } from "../../../files/utf8.ts";
import {
  DEFAULT_SHOT_FORMAT,
  fewShotPrompt,
  isShotFormat,
  parseShots,
  reasoningPrompt,
} from "../../../text/prompts/shots.ts";
import type { Prompt } from "../../../text/text-model.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, integer, path, text, toggle, value } from "../../flags/flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { processEscapes } from "./escapes.ts";

/** @throws GptError `usage` for what is no regular expression */
function pattern(given: string): RegExp {
  try {
    return new RegExp(given, "gu");
  } catch (error) {
    throw new GptError("usage", `expected a regular expression: ${(error as Error).message}`);
  }
}

export const programFlags = flagGroup("Prompt programs:", {
  shots: value(path, 'A file of examples that go before the prompt: lines {"input": .., "output": ..}', {
    inherited: false,
  }),
  "num-shots": value(integer(1), "The first N of them [all]"),
  "shot-format": value(text, "What an example becomes ['Input: {input}\\nOutput: {output}\\n\\n']"),
  cot: toggle("Let the model think step by step before it answers"),
  vote: value(integer(2), "Draw N texts, and write the answer that most of them give"),
  "answer-regex": value(pattern, "Where the answer is: the last match, or its first group"),
});

type ProgramArguments = ParsedFlags<typeof programFlags>;

/** @throws GptError `usage` for a wrong format; `not-found` and `invalid-file` for the shots */
export async function programmed(prompt: Prompt, args: ProgramArguments): Promise<Prompt> {
  const { shots: file, numShots, shotFormat, cot } = args;
  if (typeof prompt !== "string" || (file === undefined && !cot)) return prompt;
  const format = shotFormat === undefined ? DEFAULT_SHOT_FORMAT : processEscapes(shotFormat);
  if (!isShotFormat(format)) {
    throw new GptError("usage", `--shot-format must have {input} and then {output}, found '${format}'`);
  }
  const asked = file === undefined ? prompt : fewShotPrompt(prompt, await readShots(file, numShots), format);
  return cot ? reasoningPrompt(asked, file !== undefined) : asked;
}

async function readShots(file: string, count: number | undefined) {
  const bytes = await readFile(file).catch((error) => {
    throw fileError(file, "read", error);
  });
  const shots = parseShots(decodeText(bytes, file).split("\n"), file);
  if (count !== undefined && count > shots.length) {
    throw new GptError("usage", `${file}: has ${shots.length} examples, --num-shots asks for ${count}`);
  }
  return shots.slice(0, count);
}

export const programConflicts = ({
  shots,
  numShots,
  shotFormat,
  vote,
  answerRegex,
  cot,
  ids,
  samples,
  echo,
}: ProgramArguments & {
  ids?: readonly number[] | undefined;
  samples?: number | undefined;
  echo?: boolean | undefined;
}): readonly Conflict[] => [
  ...Object.entries({ shots, cot }).map(([flag, given]) => ({
    holds: ids !== undefined && given !== undefined,
    flags: [flag],
    problem: `--ids are no text: leave --${flag} out`,
  })),
  {
    holds: numShots !== undefined && shots === undefined,
    flags: ["num-shots"],
    problem: "--num-shots: give --shots",
  },
  {
    holds: shotFormat !== undefined && shots === undefined,
    flags: ["shot-format"],
    problem: "--shot-format: give --shots",
  },
  {
    holds: answerRegex !== undefined && vote === undefined,
    flags: ["answer-regex"],
    problem: "--answer-regex says where answers are: give --vote N too",
  },
  {
    holds: vote !== undefined && samples !== undefined,
    flags: ["samples", "vote"],
    problem: "--vote N draws N texts: leave --samples out",
  },
  {
    holds: vote !== undefined && echo,
    flags: ["echo", "vote"],
    problem: "--vote writes an answer: leave --echo out",
  },
];

/** Programs are for one prompt. */
export const noProgramConflicts = (args: ProgramArguments, mode: string): readonly Conflict[] =>
  (["shots", "cot", "vote"] as const).map((flag) => ({
    holds: args[flag] !== undefined,
    flags: [flag],
    problem: `--${flag} is for a single prompt: not with ${mode}`,
  }));
