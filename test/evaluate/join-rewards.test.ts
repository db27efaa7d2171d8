import { expect, it } from "vitest";
import { joinRewards, pairsLine } from "../../src/evaluate/join-rewards.ts";
import { preferenceReport } from "../../src/evaluate/preference-report.ts";
import { writeFile } from "../../src/files/output-file.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();

async function joined(...parts: readonly string[]): Promise<string> {
  for (const [i, part] of parts.entries()) await writeFile(file(String(i)), part);
  let text = "";
  for await (const chunk of joinRewards(parts.map((_, i) => file(String(i))))) text += Buffer.from(chunk);
  return text;
}

it("reports the pairs of all parts, behind their lines", async () => {
  const pairs = [
    { chosen: 1, rejected: 0.5, group: "a" },
    { chosen: 1, rejected: 1 },
  ];
  const lines = pairs.map((pair) => `${JSON.stringify(pair)}\n`);
  const parts = [`${lines[0]}{"error":{}}\n`, `{"reward":2}\n${lines[1]}`];
  expect(await joined(...parts)).toBe(parts.join("") + pairsLine(preferenceReport(pairs)));
  expect(pairsLine(preferenceReport(pairs))).toMatch(/"pairs":2,"accuracy":0\.5/);
});

it("adds nothing without pairs, and refuses a line that is not JSON", async () => {
  expect(await joined('{"reward":1}\n', "")).toBe('{"reward":1}\n');
  expect((await rejectionOf(joined("{"))).message).toContain("holds a line that is not JSON");
});
