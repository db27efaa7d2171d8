import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, it } from "vitest";
import { openDestination } from "../../../src/cli/terminal/destination.ts";
import { rejectionOf } from "../../fixtures/errors.ts";
import { temporaryFolder } from "../../fixtures/temporary.ts";
import { shell } from "../gpt.ts";

describe("openDestination", () => {
  const file = temporaryFolder();

  async function write(path: string, text: string, keep = true): Promise<void> {
    await using destination = await openDestination(path);
    await destination.output.write(text);
    if (keep) await destination.keep();
  }

  it("makes a file that is there once it is complete", async () => {
    const path = file("story.txt");
    {
      await using destination = await openDestination(path);
      await destination.output.write("Once ");
      expect(existsSync(path)).toBe(false);
      await destination.output.write(Buffer.from("🦙"));
      await destination.keep();
    }
    expect(readFileSync(path, "utf8")).toBe("Once 🦙");
    expect(readdirSync(file())).toEqual(["story.txt"]);
  });

  it("leaves an old file alone until then, and what is not kept leaves nothing", async () => {
    const path = file("old.txt");
    writeFileSync(path, "old");
    chmodSync(path, 0o600);
    await write(path, "torn", false);
    expect(readFileSync(path, "utf8")).toBe("old");
    await write(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await write(file("torn.txt"), "torn", false);
    expect(readdirSync(file()).filter((name) => name.endsWith(".tmp") || name === "torn.txt")).toEqual([]);
  });

  it("writes through a link, and to a device at once", async () => {
    mkdirSync(file("elsewhere"));
    writeFileSync(file("elsewhere/target"), "old");
    symlinkSync("elsewhere/target", file("link"));
    await write(file("link"), "new");
    expect(readFileSync(file("elsewhere/target"), "utf8")).toBe("new");
    symlinkSync("elsewhere/new", file("dangling"));
    symlinkSync("dangling", file("chain"));
    await write(file("chain"), "made");
    expect(readFileSync(file("elsewhere/new"), "utf8")).toBe("made");
    expect([file("dangling"), file("chain")].map((path) => lstatSync(path).isSymbolicLink())).toEqual([
      true,
      true,
    ]);
    symlinkSync("circle", file("circle"));
    expect((await rejectionOf(openDestination(file("circle")))).message).toContain(
      "its symbolic links form a circle",
    );
    await write("/dev/null", "text");
    const full = await rejectionOf(write("/dev/full", "text"));
    expect(full.code).toBe("resource");
    expect(full.message).toBe("cannot write to /dev/full: there is no room on the disk");
  });

  it("refuses the file that is read", async () => {
    const path = file("read.txt");
    writeFileSync(path, "Once");
    const error = await rejectionOf(openDestination(path, statSync(path)));
    expect([error.code, error.message]).toEqual([
      "usage",
      `${path}: is the input too: the output needs a file of its own`,
    ]);
    expect(readFileSync(path, "utf8")).toBe("Once");
    await using _ = await openDestination("/dev/null", statSync("/dev/null"));
  });

  it("refuses a directory and a place that is not there", async () => {
    const directory = await rejectionOf(openDestination(file()));
    expect([directory.code, directory.message]).toEqual([
      "usage",
      `${file()}: is a directory, expected a file`,
    ]);
    const nowhere = await rejectionOf(openDestination(file("nowhere/story.txt")));
    expect(nowhere.code).toBe("not-found");
    expect(nowhere.message).toBe(`${file("nowhere/story.txt")}: there is no directory ${file("nowhere")}`);
    const impossible = await rejectionOf(openDestination("/proc/story.txt"));
    expect(["not-found", "resource"]).toContain(impossible.code);
  });
});

describe("gpt generate -o with a path of an open descriptor", () => {
  const file = temporaryFolder();
  const quick = "generate Once -n 2 --seed 1 -t 1 -q";

  it("writes to it as to standard output, behind what is there", async () => {
    for (const path of ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", file("log.txt")]) {
      writeFileSync(file("log.txt"), "before\n");
      const line = `{ gpt ${quick} -o '${path}'; echo after; } >> ${file("log.txt")}`;
      expect(await shell(line)).toMatchObject({ status: 0 });
      expect(readFileSync(file("log.txt"), "utf8"), path).toMatch(/^before\n.+\nafter\n$/);
    }
  });

  it("does the same for other descriptors, and for a batch", async () => {
    const [notes, third, batch] = [file("notes.txt"), file("third.txt"), file("batch.txt")];
    await shell(`echo before > ${notes}; gpt ${quick} -o /dev/stderr 2>> ${notes}`);
    expect(readFileSync(notes, "utf8")).toMatch(/^before\n.+\n$/);
    await shell(`echo before > ${third}; gpt ${quick} -o /dev/fd/3 3>> ${third}`);
    expect(readFileSync(third, "utf8")).toMatch(/^before\n.+\n$/);
    await shell(
      `echo before > ${batch}; echo Once | gpt generate --lines -n 2 -o /dev/stdout -q >> ${batch}`,
    );
    expect(readFileSync(batch, "utf8")).toMatch(/^before\n\{.+\}\n$/);
  });

  it("refuses it for a model", async () => {
    const { status, stderr } = await shell(`cd ${file()}; gpt quantize -o m.gguf > m.gguf`);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^gpt: m.gguf: is open as an output/)]);
  });
});
