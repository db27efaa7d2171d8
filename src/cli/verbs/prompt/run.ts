/**
 * Shows a template as a file, or runs it: its prompt, its stop texts and its length are those of generate.
 */
import { GptError } from "../../../errors.ts";
import { snakeCase } from "../../../files/snake-case.ts";
import { knownTemplates } from "../../../text/prompts/known.ts";
import { fewShotPrompt } from "../../../text/prompts/shots.ts";
import { type PromptTemplate, readTemplate } from "../../../text/prompts/template.ts";
import { camelCase } from "../../flags/parsed-flags.ts";
import { interruptible } from "../../terminal/interrupt.ts";
import { Output } from "../../terminal/output.ts";
import { continuePrompt } from "../generate/continue-prompt.ts";
import { readPrompt } from "../generate/prompt.ts";
import type { PromptArguments } from "./flags.ts";

export async function showTemplate(name: string): Promise<void> {
  const template = await templateNamed(name);
  await new Output().write(`${JSON.stringify(snakeCase(template), undefined, 2)}\n`);
}

/** @throws GptError as `readPrompt`, `templateNamed` and `continuePrompt` */
export async function runTemplate(name: string, args: PromptArguments): Promise<void> {
  const template = await templateNamed(name);
  await interruptible(async (signal) => {
    const input = await readPrompt(args, signal);
    if (typeof input !== "string") throw new GptError("usage", "a template needs a text, not ids");
    const prompt = fewShotPrompt(input, template.shots, template.format);
    const read = { file: undefined, "no-stdin": true, noStdin: true, escape: undefined };
    await continuePrompt({ ...withDefaults(args, template), ...read, prompt }, signal);
  });
}

/** @throws GptError `usage` for a name that is neither known nor a .json file; as `readTemplate` */
async function templateNamed(name: string): Promise<PromptTemplate> {
  const known = Object.hasOwn(knownTemplates, name) ? knownTemplates[name] : undefined;
  if (known !== undefined) return known;
  if (name.endsWith(".json")) return readTemplate(name);
  const names = Object.keys(knownTemplates).join(", ");
  throw new GptError("usage", `there is no prompt '${name}': expected ${names}, or a file NAME.json`);
}

/** The template's settings stand where a config file's do: what is typed counts more. */
function withDefaults(args: PromptArguments, { stop, maxTokens }: PromptTemplate): PromptArguments {
  const settings = Object.entries({ stop: [...stop], "max-tokens": maxTokens }).filter(
    ([flag]) => args[flag] === undefined,
  );
  const flags = settings.map(([flag]) => flag);
  return {
    ...args,
    ...Object.fromEntries(
      settings.flatMap(([flag, value]) => [flag, camelCase(flag)].map((key) => [key, value])),
    ),
    inherited: new Set([...args.inherited, ...flags]),
    fromFile: new Set([...(args.fromFile ?? []), ...flags]),
  };
}
