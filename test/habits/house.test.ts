import { describe, expect, it } from "vitest";
import { floors } from "./floors.ts";
import { importsOf, linesOf, type Source, sizesOfFolders, sourcesIn } from "./sources.ts";

const src = sourcesIn("src");
const all = [...src, ...sourcesIn("assembly"), ...sourcesIn("test"), ...sourcesIn("scripts")];

/** Each folder of the table with its floor, those inside others first. */
const places = floors
  .flatMap((folders, floor) => folders.map((folder) => ({ folder, floor })))
  .sort((a, b) => b.folder.length - a.folder.length);

const placeOf = (path: string) => {
  const inside = path.slice("src/".length);
  return places.find(({ folder }) => inside === folder || inside.startsWith(`${folder}/`));
};

/** Imports that do not lead to a lower floor, counted by folders. */
function breaches(sources: readonly Source[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const source of sources) {
    for (const target of importsOf(source).filter((path) => path.endsWith(".ts"))) {
      const [from, to] = [placeOf(source.path), placeOf(target)];
      if (from === undefined || to === undefined || from === to || to.floor < from.floor) continue;
      const name = `${from.folder} -> ${to.folder}`;
      found[name] = [...(found[name] ?? []), `${source.path} imports ${target}`];
    }
  }
  return found;
}

describe("floors", () => {
  it("have a place for every folder of src/", () => {
    expect(src.filter(({ path }) => placeOf(path) === undefined).map(({ path }) => path)).toEqual([]);
  });

  it("are imported downwards only", () => {
    expect(breaches(src)).toEqual({});
  });

  it("see an import that leads upwards", () => {
    const wrong = {
      path: "src/compute/memory.ts",
      text: 'import type { Session } from "../engine/session.ts";',
    };
    expect(breaches([wrong])).toHaveProperty("compute -> engine");
  });
});

describe("sizes", () => {
  const sum = (sources: readonly Source[]) => sources.reduce((lines, source) => lines + linesOf(source), 0);

  it("no file has more than 250 lines, those that the build writes apart", () => {
    const written = all.filter(({ path }) => !path.startsWith("assembly/generated/"));
    const long = written.filter((source) => linesOf(source) > 250).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it("no folder has more than 20 files, tables of entries apart", () => {
    const tables = ["src/families/known", "src/evaluate/tasks"];
    const full = [...sizesOfFolders(all)].filter(([folder, size]) => size > 20 && !tables.includes(folder));
    expect(full).toEqual([]);
  });

  it("the command line is a small part of it", () => {
    const cli = src.filter(({ path }) => path.startsWith("src/cli/"));
    expect(sum(cli) / sum(src)).toBeLessThan(0.22);
  });
});
