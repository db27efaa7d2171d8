import { expect, it } from "vitest";
import { describeWithShared } from "../../shared.ts";
import { greedy, load, logitsOf } from "./models.ts";
import { casesOf, pathOf, toleranceOf } from "./table.ts";

/** Largest difference of the logits of the cases whose prompts have these lengths. */
async function errorsOf(name: string, contextSize: number | undefined, lengths: readonly number[]) {
  await using model = await load(pathOf(name), { simd: "plain", threads: 1, contextSize });
  const cases = casesOf(name).filter(({ prompt }) => lengths.some((length) => length === prompt.length));
  expect(cases).toHaveLength(lengths.length);
  const errors: number[] = [];
  for (const { prompt, logits } of cases) {
    const all = await logitsOf(model, prompt);
    errors.push(...logits.flat().map((value, i) => Math.abs((all[i] ?? Number.NaN) - value)));
  }
  return Math.max(...errors);
}

const FOLDERS = ["phi3-longrope", "llama-dynamic"];

describeWithShared("rotary frequencies by the length of a sequence", () => {
  it.each([
    ["phi3-longrope", undefined, [1, 12, 20]],
    ["llama-dynamic", undefined, [1, 12, 20]],
    ["llama-dynamic", 20, [20]],
  ] as const)("%s, context %s: the reference's logits", async (name, contextSize, lengths) => {
    expect(await errorsOf(name, contextSize, lengths)).toBeLessThan(toleranceOf(name));
  });

  it.each(FOLDERS)("%s: greedy ids pass the length where the frequencies change", async (name) => {
    await using model = await load(pathOf(name), { simd: "plain", threads: 1 });
    for (const { prompt, greedy: expected } of casesOf(name)) {
      expect(await greedy(model, prompt, expected.length)).toEqual(expected);
    }
  });

  it.each(FOLDERS)("%s: a session has the bytes of its length, however it came to it", async (name) => {
    await using model = await load(pathOf(name), { simd: "plain", threads: 1 });
    const ids = casesOf(name).toSorted((a, b) => b.prompt.length - a.prompt.length)[0]?.prompt ?? [];
    const alone = (count: number) => model.createSession().append(ids.slice(0, count));
    const [short, long] = [await alone(12), await alone(20)];
    const session = model.createSession();
    let last: Float32Array = new Float32Array();
    for (const id of ids) last = await session.append([id]);
    expect(last).toEqual(long);
    const fork = session.fork();
    fork.truncate(11);
    expect(await fork.append(ids.slice(11, 12))).toEqual(short);
    const [both, other] = await Promise.all([fork.append(ids.slice(12)), alone(12)]);
    expect(both).toEqual(long);
    expect(other).toEqual(short);
  });
});
