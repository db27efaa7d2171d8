import { describe, expect, it } from "vitest";
import { Conversation } from "../../../../../src/chat/conversation.ts";
import { Output } from "../../../../../src/cli/terminal/output.ts";
import { styleFor } from "../../../../../src/cli/terminal/style.ts";
import {
  type CommandContext,
  completions,
  isCommand,
  runCommand,
  textOfInput,
} from "../../../../../src/cli/verbs/generate/interactive/commands.ts";
import { greedy, scriptedModel } from "../../../../chat/scripted-model.ts";
import { temporaryFolder } from "../../../../fixtures/temporary.ts";

const inFolder = temporaryFolder();
const { signal } = new AbortController();

/** A context that keeps its output and its notes. */
function openContext(contextSize?: number) {
  const written: string[] = [];
  const notes: string[] = [];
  let left = false;
  const output = new Output({
    write(data, done) {
      written.push(String(data));
      done();
      return true;
    },
    on: () => {},
  });
  const conversation = new Conversation(scriptedModel(contextSize).model, greedy);
  const context: CommandContext = {
    conversation,
    modelName: "scripted",
    output,
    style: styleFor({}, "never"),
    columns: 40,
    note: (text) => notes.push(text),
    runInterruptibly: (work) => work(signal),
    async answer(generate) {
      await generate({ signal, onText: (text) => output.write(text) });
      await output.endLine();
    },
    leave: () => {
      left = true;
    },
  };
  /** Runs an input and returns its output. */
  const type = async (input: string): Promise<string> => {
    written.length = 0;
    if (isCommand(input)) await runCommand(input, context);
    else await context.answer((listener) => conversation.say(textOfInput(input), listener));
    return written.join("");
  };
  return { type, conversation, notes, hasLeft: () => left };
}

describe("an input", () => {
  it("is a command where it begins with one slash, text where with two", () => {
    expect(["/top", "//top", "top", "", " /top", "/"].map(isCommand)).toEqual([
      true,
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(["//x", "x//", "///"].map(textOfInput)).toEqual(["/x", "x//", "//"]);
  });

  it("that names no command is answered with the nearest one", async () => {
    const { type } = openContext();
    await expect(type("/tpo")).rejects.toThrow('unknown command "/tpo": did you mean /top?');
    await expect(type("/usr/share/words")).rejects.toThrow("text that begins with a slash is typed with two");
    await expect(type("/constructor")).rejects.toThrow("unknown command");
    await expect(type("/clear all")).rejects.toThrow('/clear takes nothing after it, found "all"');
  });
});

describe("commands", () => {
  it("/help lists all of them; each fits a screen of 80 columns", async () => {
    const help = await openContext().type("/help");
    for (const name of "help exit clear undo regen back top pick set stats save load".split(" ")) {
      expect(help).toContain(`\n/${name} `);
    }
    expect(Math.max(...help.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it("/exit leaves", async () => {
    const { type, hasLeft } = openContext();
    await type("/exit");
    expect(hasLeft()).toBe(true);
  });

  it("/undo and /back show where the text ends now", async () => {
    const { type, notes } = openContext();
    expect(await type("Once")).toBe(" upon a time\n");
    expect(await type("")).toBe(", the dog\n");
    expect(await type("/back")).toBe('"Once upon a time, the"\n');
    expect(await type("/back 2")).toBe('"Once upon a time"\n');
    expect(await type("/undo")).toBe("");
    expect(notes).toEqual(["the text is empty"]);
    await type("x".repeat(70));
    expect(await type("/back 3")).toBe(`… "${"x".repeat(60)}"\n`);
    await expect(type("/back x")).rejects.toThrow('/back: expected a number, found "x"');
  });

  it("/top shows bars, and /pick goes on with one of them", async () => {
    const { type } = openContext();
    await type("Once upon a time, the");
    await type("/back 3");
    const bars = await type("/top");
    expect(bars).toMatch(/^ 1 +50\.0% {2}████ {2}" dog"\n 2 +50\.0% {2}████ {2}" cat"\n/);
    expect(await type("/pick 2")).toBe(" cat sat.\n");
    await expect(type("/pick 11")).rejects.toThrow("/top has 10 tokens, found 11");
    await expect(type("/pick")).rejects.toThrow('/pick: expected a number, found ""');
    expect(await type("/undo")).toBe('"Once upon a time, the"\n');
  });

  it("/regen and /clear begin anew", async () => {
    const { type, conversation } = openContext();
    await type("Once");
    expect(await type("/regen")).toBe(" upon a time\n");
    await type("/clear");
    expect(conversation.transcript.ids).toEqual([]);
    expect(conversation.cache.positions).toBe(0);
  });

  it("/set shows and changes settings", async () => {
    const { type, conversation } = openContext();
    expect(await type("/set temp")).toBe("temp  0  (default 0.8)\n");
    expect(await type("/set max-tokens 1")).toBe("");
    expect(await type("Once")).toBe(" upon\n");
    await type('/set stop " a"');
    await type("/set ignore-eos yes");
    await type("/set max-tokens default");
    expect(conversation.options).toEqual({ temperature: 0, seed: 6, stop: [" a"], ignoreEos: true });
    await type("/set n=2");
    await type('/set r "a=b"');
    expect(conversation.options).toMatchObject({ maxTokens: 2, stop: ["a=b"] });
    expect(await type("/set n")).toBe("max-tokens  2  (default 128)\n");
    expect((await type("/set")).split("\n").length).toBeGreaterThan(20);
    await expect(type("/set tempo 1")).rejects.toThrow("did you mean temp?");
  });

  it("/stats counts tokens and memory", async () => {
    const { type } = openContext();
    expect(await type("/stats")).toMatch(
      /^text +0 of 100 tokens \(0%\)\nturns +0\ncache +0 positions, 0 bytes\n/,
    );
    await type("Once");
    expect(await type("/stats")).toMatch(
      /^text +4 of 100 tokens \(4%\)\nturns +1\ncache +3 positions, .*B\nlast answer +.*seed 5 · length\nnext seed +6\n$/,
    );
  });

  it("/stats says what becomes of a text that is longer than the context", async () => {
    const { type } = openContext(6);
    await type("/set overflow shift");
    await type("Once");
    expect(await type("/stats")).toMatch(/^text +4 of 6 tokens \(67%\)\n/);
    await type("");
    expect(await type("/stats")).toMatch(/^text +7 tokens, the context holds the last of them, at most 6\n/);
  });

  it("/save and /load take up where it was left", async () => {
    const path = inFolder("with a space.json");
    const one = openContext();
    await one.type("Once");
    await one.type("/set max-tokens 2");
    await one.type(`/save ${path}`);
    expect(one.notes).toEqual([`saved 4 tokens to ${path}`]);
    const other = openContext();
    expect(await other.type(`/load ${path}`)).toBe('"Once upon a time"\n');
    expect(other.conversation.options).toEqual(one.conversation.options);
    expect(await other.type("")).toBe(", the\n");
    await expect(other.type("/save")).rejects.toThrow("which file?");
    await expect(other.type("/load")).rejects.toThrow("which file?");
  });
});

describe("completions", () => {
  it.each([
    ["/s", ["/set", "/stats", "/save", "/save!"], "/s"],
    ["/re", ["/regen "], "/re"],
    ["/set top", ["top-k", "top-p"], "top"],
    ["/set beam", ["beams "], "beam"],
    ["/set temp 0", [], "/set temp 0"],
    ["/load package.j", ["package.json"], "package.j"],
    ["/save! src/ind", ["src/index.ts"], "src/ind"],
    ["Once", [], "Once"],
    ["//s", [], "//s"],
  ])("of %j", (line, found, part) => {
    expect(completions(line)).toEqual([found, part]);
  });
});
