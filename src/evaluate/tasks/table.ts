/** All tasks and groups, a line each. */
import { closest } from "../../checks/closest.ts";
import { GptError } from "../../errors.ts";
import { quote } from "../../files/quote.ts";
import type { Group, Task } from "../task/definition.ts";
import { arcChallenge, arcEasy } from "./arc.ts";
import { blimp, blimpGroup } from "./blimp.ts";
import { boolq, boolqClosed } from "./boolq.ts";
import { crowsPairs, crowsPairsGroup } from "./crows-pairs.ts";
import { generic } from "./generic.ts";
import { cola, sst2 } from "./glue.ts";
import { gsm8k, gsm8kCot, gsm8kZeroShot } from "./gsm8k.ts";
import { hellaswag } from "./hellaswag.ts";
import { lambada } from "./lambada.ts";
import { mmlu, mmluGroups } from "./mmlu.ts";
import { openbookqa } from "./openbookqa.ts";
import { piqa } from "./piqa.ts";
import { socialIqa } from "./social-iqa.ts";
import { cb, copa, multirc, record, rte, superGlueGroup, wic, wsc } from "./super-glue.ts";
import { truthfulqaMc1, truthfulqaMc2 } from "./truthfulqa.ts";
import { winogrande } from "./winogrande.ts";

export const tasks: readonly Task[] = [
  lambada,
  hellaswag,
  piqa,
  arcEasy,
  arcChallenge,
  winogrande,
  openbookqa,
  socialIqa,
  boolq,
  boolqClosed,
  cola,
  sst2,
  gsm8k,
  gsm8kCot,
  gsm8kZeroShot,
  truthfulqaMc1,
  truthfulqaMc2,
  ...[cb, copa, multirc, record, rte, wic, wsc],
  ...mmlu,
  ...blimp,
  ...crowsPairs,
  ...generic,
];

export const groups: readonly Group[] = [...mmluGroups, blimpGroup, superGlueGroup, crowsPairsGroup];

/**
 * The task of this name, or the tasks of this group.
 *
 * @param others words that may have been meant instead
 * @throws GptError `usage` for another name, with the nearest one
 */
export function tasksNamed(name: string, others: readonly string[] = []): readonly Task[] {
  const found = tasks.filter((task) => task.name === name || task.groups?.includes(name));
  if (found.length > 0) return found;
  const near = closest(name, [...others, ...[...groups, ...tasks].map((one) => one.name)]);
  const advice = near === undefined ? "gpt eval list shows them" : `did you mean ${near}?`;
  throw new GptError("usage", `there is no task ${quote(name)}: ${advice}`);
}
