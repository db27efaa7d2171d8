/** step-K.json: the changes of an outer step, chosen once. All replicas that take the step read it. */
import { GptError } from "../../errors.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { writeFile } from "../../files/output-file.ts";
import { changeName, hashOf, listName, type OuterFolder } from "./outer-folder.ts";

export interface StepList {
  /** Steps of the run after the outer step. */
  readonly steps: number;
  /** Their replicas, from 1, in the order of the sum. */
  readonly replicas: readonly number[];
  /** SHA-256 of their changes. */
  readonly hashes: readonly string[];
}

/** @returns whether this list is the one that counts. @throws GptError as `OuterFolder.publish` */
export async function publishList(
  folder: OuterFolder,
  outer: number,
  steps: number,
  replicas: readonly number[],
): Promise<boolean> {
  const hashes: string[] = [];
  for (const replica of replicas) hashes.push(await hashOf(folder.place(changeName(outer, replica))));
  const list: StepList = { steps, replicas, hashes };
  return await folder.publish(listName(outer), (path) => writeFile(path, `${JSON.stringify(list)}\n`));
}

/** @throws GptError `not-found` without one, `invalid-file` for one that is damaged */
export async function readList(folder: OuterFolder, outer: number): Promise<StepList> {
  const fields = await JsonFields.read(folder.place(listName(outer)));
  const [replicas, hashes] = [fields.get("replicas"), fields.get("hashes")];
  const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;
  if (!Array.isArray(replicas) || replicas.length === 0 || !replicas.every(isNumber)) {
    return fields.fail("replicas", "a list of numbers from 1");
  }
  const isHash = (value: unknown): value is string =>
    typeof value === "string" && /^[\da-f]{64}$/.test(value);
  if (!Array.isArray(hashes) || hashes.length !== replicas.length || !hashes.every(isHash)) {
    return fields.fail("hashes", "a SHA-256 of each change");
  }
  return { steps: fields.count("steps"), replicas, hashes };
}

/** The files of the changes. @throws GptError `invalid-file` for another change than the list names */
export async function changesOf(
  folder: OuterFolder,
  outer: number,
  { replicas, hashes }: StepList,
): Promise<readonly string[]> {
  const paths = replicas.map((replica) => folder.place(changeName(outer, replica)));
  for (const [i, path] of paths.entries()) {
    if ((await hashOf(path)) === hashes[i]) continue;
    const problem = `is not the change that ${listName(outer)} names`;
    throw new GptError("invalid-file", `${path}: ${problem}: remove both, the step is taken without it`);
  }
  return paths;
}
