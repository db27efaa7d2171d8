/** What the library exports, as text: its declarations and those that they mention, without comments. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseAst } from "rolldown/parseAst";

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** Where a name stands: the file, and its name there. */
interface Place {
  readonly path: string;
  readonly name: string;
}

interface Module {
  readonly declarations: ReadonlyMap<string, string>;
  /** Names that stand in other files, by the name in this one. */
  readonly elsewhere: ReadonlyMap<string, Place>;
}

const modules = new Map<string, Module>();

/**
 * @param entry the declarations (.d.ts) of the library's module
 * @returns a section for each declaration, those that are exported first
 */
export function apiReport(entry: string): string {
  const exported = [...moduleAt(entry).elsewhere.values()].map(origin);
  const seen = new Set<string>();
  const sections = (places: readonly Place[]): string[] =>
    [...places]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((place) => {
        const key = `${place.path}#${place.name}`;
        const text = moduleAt(place.path).declarations.get(place.name);
        if (seen.has(key) || text === undefined) return [];
        seen.add(key);
        return [text];
      });
  const named = sections(exported);
  let reached = exported;
  const mentioned: string[] = [];
  while (reached.length > 0) {
    reached = reached.flatMap(mentionedBy).filter(({ path, name }) => !seen.has(`${path}#${name}`));
    mentioned.push(...sections(reached));
  }
  return `${["# Exported", ...named, "# Mentioned by these", ...mentioned.sort()].join("\n\n")}\n`;
}

/** Follows re-exports and imports to the declaration of a name. */
function origin(place: Place): Place {
  const further = moduleAt(place.path).elsewhere.get(place.name);
  return further === undefined ? place : origin(further);
}

function mentionedBy({ path, name }: Place): Place[] {
  const { declarations, elsewhere } = moduleAt(path);
  const words = new Set(declarations.get(name)?.match(/\w+/g) ?? []);
  words.delete(name);
  return [...words]
    .filter((word) => declarations.has(word) || elsewhere.has(word))
    .map((word) => origin({ path, name: word }));
}

function moduleAt(path: string): Module {
  const known = modules.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(path, "utf8");
  const declarations = new Map<string, string>();
  const elsewhere = new Map<string, Place>();
  const program = parseAst(text, { lang: "dts" }) as unknown as { body: Node[] };
  for (const statement of program.body) {
    const source = statement.source as { value: string } | null | undefined;
    if (source?.value.startsWith(".")) {
      const target = join(dirname(path), source.value.replace(/\.[jt]s$/, ".d.ts"));
      for (const specifier of statement.specifiers as Record<string, { name: string }>[]) {
        const [here, there] = [specifier.exported ?? specifier.local, specifier.imported ?? specifier.local];
        if (here && there) elsewhere.set(here.name, { path: target, name: there.name });
      }
    }
    if (statement.type === "EmptyStatement") continue;
    const declaration = (statement.declaration ?? statement) as Node;
    for (const name of namesOf(declaration))
      declarations.set(name, plain(text.slice(declaration.start, declaration.end)));
  }
  const module = { declarations, elsewhere };
  modules.set(path, module);
  return module;
}

function namesOf(declaration: Node): string[] {
  const declared = (declaration.declarations ?? [declaration]) as { id?: { name: string } | null }[];
  return declared.flatMap(({ id }) => (id == null ? [] : [id.name]));
}

/** Without comments, empty lines, private members and constructors, which the library calls itself. */
const plain = (text: string): string =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s*(#|private |constructor\()/.test(line))
    .join("\n");
