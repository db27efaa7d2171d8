import { existsSync, readdirSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { gpt } from "../cli/gpt.ts";
import { blocksOf, commandsOf, pages } from "./pages.ts";
import { root, sourcesIn, textOf } from "./sources.ts";

describe.each(pages)("%s", (page) => {
  const text = textOf(page);

  it("links to what is there", () => {
    const links = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, link = ""]) => link);
    const missing = links.filter(
      (link) => !/^[a-z]+:/.test(link) && !existsSync(join(root, dirname(page), link)),
    );
    expect(missing).toEqual([]);
  });

  it("links to headings that are there", () => {
    const links = [...text.matchAll(/\]\(([^)#\s]*)#([^)]+)\)/g)].filter(
      ([, link = ""]) => !/^[a-z]+:/.test(link),
    );
    const missing = links.filter(([, link = "", heading = ""]) => {
      const target = link === "" ? page : posix.join(posix.dirname(page), link);
      return !headings(textOf(target)).includes(heading);
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });

  it("says why each block that is not run is not", () => {
    const blocks = blocksOf(text).filter(({ language }) => ["console", "js"].includes(language));
    expect(blocks.filter(({ notRun }) => notRun?.trim() === "")).toEqual([]);
  });
});

/** Anchors as GitHub makes them. */
const headings = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

describe("flags on the pages", () => {
  it("are those that --help shows", async () => {
    const { stdout } = await gpt("--help");
    const verbs = [...stdout.matchAll(/^ {2}gpt (\w+)/gm)].map(([, verb = ""]) => verb);
    const help = (await Promise.all(verbs.map((verb) => gpt(verb, "--help"))))
      .map(({ stdout }) => stdout)
      .join();
    const known = new Set(help.match(/--[a-z][a-z-]+/g));
    for (const flag of ["--version", "--help", "--no-quiet"]) known.add(flag);
    const unknown = pages.flatMap((page) => {
      const text = textOf(page);
      const commands = blocksOf(text).flatMap((block) => commandsOf(block.text));
      const spans = [...text.matchAll(/`(gpt [^`]*|--?[^`]*)`/g)].map(([, span = ""]) => span);
      const lines = [
        ...commands.map(({ command }) => command).filter((command) => /\bgpt(\.js)? /.test(command)),
        ...spans,
      ];
      return lines
        .flatMap((line) => line.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [])
        .filter((flag) => !known.has(flag))
        .map((flag) => `${page}: ${flag}`);
    });
    expect(unknown).toEqual([]);
  });

  it("of the README's commands: every verb has its page", () => {
    expect(textOf("README.md")).toContain("docs/generate.md");
  });
});

describe("the tree", () => {
  const block = blocksOf(textOf("docs/how-it-works.md")).find(({ text }) => text.startsWith("bin/"));
  const named = treePaths(block?.text ?? "");

  it("names files and folders that are there", () => {
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    expect(named.length).toBeGreaterThan(20);
  });

  it("names every folder of src/ and assembly/ that has files of its own, but those of single verbs", () => {
    const sources = [...sourcesIn("src"), ...sourcesIn("assembly")];
    const folders = new Set(sources.map(({ path }) => posix.dirname(path)));
    const shown = new Set(named.map((path) => path.replace(/\/$/, "")));
    const missing = [...folders].filter(
      (folder) => !shown.has(folder) && !folder.startsWith("src/cli/verbs/"),
    );
    expect(missing).toEqual([]);
  });

  it("names every folder at the top", () => {
    const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const built = ["node_modules", "build", "dist", "coverage"];
    const missing = folders
      .map(({ name }) => name)
      .filter((name) => !name.startsWith(".") && !built.includes(name));
    expect(missing.filter((name) => !named.some((path) => path.startsWith(`${name}/`)))).toEqual([]);
  });
});

/** Paths of a tree: names before two spaces, each inside the folder above that is indented less. */
function treePaths(tree: string): string[] {
  const above: { readonly indent: number; readonly path: string }[] = [];
  return tree.split("\n").flatMap((line) => {
    const [, spaces = "", names = ""] = /^( *)(\S+(?: \S+)*)/.exec(line) ?? [];
    if (names === "") return [];
    while ((above.at(-1)?.indent ?? -1) >= spaces.length) above.pop();
    const parent = above.at(-1)?.path ?? "";
    const paths = names.split(" ").map((name) => parent + name);
    if (paths.length === 1 && names.endsWith("/"))
      above.push({ indent: spaces.length, path: paths[0] ?? "" });
    return paths;
  });
}
