import { describe, expect, it } from "vitest";
import type { MessageCall } from "../../../../src/chat/template/messages.ts";
import { filledCommand, parseTools, runCalled } from "../../../../src/cli/verbs/chat/called-commands.ts";

const callOf = (given: object): MessageCall => ({
  ...{ id: "1", type: "function" },
  function: { name: "weather", arguments: JSON.stringify(given) },
});
const weather = { type: "function", function: { name: "weather" } };
const never = new AbortController().signal;

describe("functions of a file", () => {
  it("come with their commands, which templates do not see", () => {
    const list = [{ ...weather, command: ["weather", "{city}"] }];
    const { tools, commands } = parseTools(JSON.stringify(list), "tools.json");
    expect([...tools.names]).toEqual(["weather"]);
    expect(tools.json).toEqual([
      new Map<string, unknown>([
        ["type", "function"],
        ["function", new Map([["name", "weather"]])],
      ]),
    ]);
    expect(commands.get("weather")).toEqual(["weather", "{city}"]);
  });

  it.each([
    ["{", "is no JSON"],
    ["{}", "expected a list of functions"],
    [
      '[{"type": "function", "function": {}}]',
      "expected a function with a name of letters, digits, - and _ at 0",
    ],
    [
      JSON.stringify([{ ...weather, command: "ls" }]),
      "a command as a list of a program and its arguments at 0",
    ],
  ])("are refused: %s", (text, message) => {
    expect(() => parseTools(text, "tools.json")).toThrow(`tools.json: `);
    expect(() => parseTools(text, "tools.json")).toThrow(message);
  });
});

describe("the command of a call", () => {
  it("gets arguments as words, whatever they spell, and all of them as its input", async () => {
    const call = callOf({ city: "Paris; rm -rf '/'", days: 2 });
    const words = filledCommand(
      [process.execPath, "-p", "process.argv.slice(1)", "{city}", "{days}", "{x}"],
      call,
    );
    expect(words.slice(3)).toEqual(["Paris; rm -rf '/'", "2", "{x}"]);
    const input = await runCalled(
      [process.execPath, "-e", "process.stdin.pipe(process.stdout)"],
      call,
      never,
    );
    expect(input).toBe(call.function.arguments);
  });

  it("tells what went wrong", async () => {
    const failing = [process.execPath, "-e", 'console.error("no"); process.exit(3)'];
    expect(await runCalled(failing, callOf({}), never)).toBe("error: exit status 3: no\n");
    expect(await runCalled(["no-such-program"], callOf({}), never)).toContain("error: spawn no-such-program");
  });
});
