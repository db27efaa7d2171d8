/**
 * Prompts with examples before the question (Brown et al. 2020, "Language Models are Few-Shot Learners"), and
 * with the start of a reasoning behind it (Kojima et al. 2022, "Large Language Models are Zero-Shot
 * Reasoners").
 */
import { GptError } from "../../errors.ts";

export interface Shot {
  readonly input: string;
  readonly output: string;
}

/** What a shot becomes. The question ends where its output would begin, without blanks there. */
export const DEFAULT_SHOT_FORMAT = "Input: {input}\nOutput: {output}\n\n";

const REASONING = "Let's think step by step.";

/**
 * @param lines JSON objects with `input` and `output`, or `target`, as training takes them
 * @param name of the lines in errors
 * @throws GptError `invalid-file` for a line of another kind
 */
export const parseShots = (lines: readonly string[], name: string): Shot[] =>
  lines.flatMap((line, i) => (line.trim() === "" ? [] : [parseShot(line, `${name}, line ${i + 1}`)]));

function parseShot(line: string, place: string): Shot {
  const { input, output, target = output } = objectOf(line);
  if (typeof input === "string" && typeof target === "string") return { input, output: target };
  throw new GptError("invalid-file", `${place}: expected {"input": "...", "output": "..."}`);
}

function objectOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

/** Whether a format has the places {input} and {output} in this order. */
export const isShotFormat = (format: string): boolean => {
  const [input, output] = [format.indexOf("{input}"), format.indexOf("{output}")];
  return input >= 0 && output > input;
};

export function fewShotPrompt(question: string, shots: readonly Shot[], format: string): string {
  const filled = ({ input, output }: Shot) =>
    format.replace(/\{(input|output)\}/g, (_, place) => (place === "input" ? input : output));
  const open = format.slice(0, format.indexOf("{output}")).trimEnd();
  return shots.map(filled).join("") + open.replaceAll("{input}", () => question);
}

/** The prompt with the first sentence of a chain of thought, behind a blank or on a line of its own. */
export const reasoningPrompt = (prompt: string, isFewShot: boolean): string =>
  `${prompt}${isFewShot ? " " : "\n"}${REASONING}`;
