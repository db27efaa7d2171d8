import { describe, expect, it } from "vitest";
import { report } from "../../src/evaluate/classification-report.ts";
import { joinClasses, reportLine } from "../../src/evaluate/join-classes.ts";
import { writeFile } from "../../src/files/output-file.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const answer = (label: string, expected?: string) => `${JSON.stringify({ text: "x", expected, label })}\n`;

async function joined(...parts: readonly string[]): Promise<string> {
  for (const [i, part] of parts.entries()) await writeFile(file(String(i)), part);
  let text = "";
  for await (const chunk of joinClasses(parts.map((_, i) => file(String(i))))) text += Buffer.from(chunk);
  return text;
}

describe("joinClasses", () => {
  it("compares the labels of all parts, behind their lines", async () => {
    const parts = [answer("a", "a") + answer("b"), '{"error":{}}\n', answer("a", "b")];
    const pairs = [
      ["a", "a"],
      ["b", "a"],
    ] as const;
    const comparison = report(pairs.map(([label, predicted]) => ({ label, predicted })));
    expect(await joined(...parts)).toBe(parts.join("") + reportLine(comparison));
    expect(reportLine(comparison)).toContain('"macro_f1":');
  });

  it("adds nothing where no text has a label, and refuses a line that is not JSON", async () => {
    expect(await joined(answer("a"), "")).toBe(answer("a"));
    expect((await rejectionOf(joined("{"))).message).toContain("holds a line that is not JSON");
  });
});
