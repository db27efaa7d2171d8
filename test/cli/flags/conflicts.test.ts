import { describe, expect, it } from "vitest";
import { type Conflict, settled } from "../../../src/cli/flags/conflicts.ts";

interface Given {
  readonly lines?: boolean | undefined;
  readonly noStream?: boolean | undefined;
  readonly inherited: ReadonlySet<string>;
}

const conflicts = ({ lines, noStream }: Given): readonly Conflict[] => [
  { holds: lines && noStream, flags: ["no-stream", "lines"], problem: "--lines never streams" },
];
const inherited = (...flags: string[]): Given => ({
  lines: true,
  noStream: true,
  inherited: new Set(flags),
});

describe("settled", () => {
  it("leaves alone what goes together", () => {
    const given = { lines: true, inherited: new Set(["lines"]) };
    expect(settled(given, conflicts)).toBe(given);
  });

  it("refuses what was typed", () => {
    expect(() => settled(inherited(), conflicts)).toThrow("--lines never streams");
  });

  it("lets what was inherited give way, under both of its names", () => {
    const args = { ...inherited("no-stream"), "no-stream": true };
    const { inherited: left, ...others } = settled(args, conflicts);
    expect(others).toEqual({ lines: true, noStream: undefined, "no-stream": undefined });
    expect([...left]).toEqual([]);
    expect(settled(inherited("lines"), conflicts)).toMatchObject({ lines: undefined, noStream: true });
  });

  it("lets the one without effect give way where both were inherited", () => {
    expect(settled(inherited("lines", "no-stream"), conflicts)).toMatchObject({ lines: true });
  });

  it("ends even where giving way does not help", () => {
    const always = () => [{ holds: true, flags: ["lines"], problem: "never" }];
    expect(() => settled(inherited("lines"), always)).toThrow("never");
  });
});
