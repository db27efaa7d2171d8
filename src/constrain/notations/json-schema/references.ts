/**
 * What `$ref` leads to: a place of the document by its pointer, its `$anchor` or its `$id`, relative to the
 * `$id` around (RFC 3986). Nothing is fetched.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "../../../files/json.ts";
import { fault, inside, type Located } from "./keywords.ts";
import { subschemas } from "./subschemas.ts";

/** The address of a document without an `$id`. */
const HERE = "schema:///";

export class References {
  /** The address of the schemas at some pointers. */
  readonly #bases = new Map<string, string>();
  /** By address, and by address with an anchor. */
  readonly #places = new Map<string, Located>();
  /** How many schemas have a `$dynamicAnchor` of a name. */
  readonly #dynamic = new Map<string, number>();

  constructor(root: JsonValue) {
    const waiting = [{ located: { schema: root, pointer: "#" } as Located, around: HERE }];
    this.#places.set(HERE, { schema: root, pointer: "#" });
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { located, around } = next;
      const { schema } = located;
      if (!isJsonObject(schema)) continue;
      const base = this.#enter(located, schema, around);
      for (const keyword of Object.keys(schema)) {
        for (const part of subschemas(located, schema, keyword))
          waiting.push({ located: part, around: base });
      }
    }
  }

  /** @throws GptError `usage` for a place outside of the document */
  target(from: Located, ref: string): Located {
    const address = resolved(ref, this.#baseOf(from.pointer));
    const [resource = "", fragment = ""] = address?.split("#") ?? [];
    const known = this.#places.get(fragment === "" || fragment.startsWith("/") ? resource : `${address}`);
    if (known === undefined) throw fault(from, `$ref "${ref}" leads out of the schema: use #/$defs/NAME`);
    if (!fragment.startsWith("/")) return known;
    return fragment
      .split("/")
      .slice(1)
      .reduce((at, part) => step(at, part) ?? leadsNowhere(from, ref), known);
  }

  /** As `target`. @throws GptError `usage` where the way that led here decides among several places */
  dynamicTarget(from: Located, ref: string): Located {
    const name = ref.split("#")[1] ?? "";
    if ((this.#dynamic.get(name) ?? 0) <= 1) return this.target(from, ref);
    throw fault(from, `$dynamicRef "${ref}" is supported where one $dynamicAnchor has this name`);
  }

  /** @returns the address of the schemas inside */
  #enter(located: Located, { $id, $anchor, $dynamicAnchor }: JsonObject, around: string): string {
    const own = typeof $id === "string" ? resolved($id, around) : undefined;
    if (own !== undefined) this.#places.set(own.replace(/#$/, ""), located);
    const base = own?.split("#")[0] ?? around;
    this.#bases.set(located.pointer, base);
    for (const anchor of [$anchor, $dynamicAnchor]) {
      if (typeof anchor === "string") this.#places.set(`${base}#${anchor}`, located);
    }
    if (typeof $dynamicAnchor === "string") {
      this.#dynamic.set($dynamicAnchor, (this.#dynamic.get($dynamicAnchor) ?? 0) + 1);
    }
    return base;
  }

  /** Of the nearest schema at a pointer or around it. */
  #baseOf(pointer: string): string {
    for (let at = pointer; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
      const base = this.#bases.get(at);
      if (base !== undefined) return base;
    }
    return HERE;
  }
}

function resolved(reference: string, base: string): string | undefined {
  return URL.canParse(reference, base) ? new URL(reference, base).href : undefined;
}

/** What stands at one part of a pointer. */
function step(at: Located, part: string): Located | undefined {
  const { schema } = at;
  const key = unescaped(part);
  if (key === undefined || typeof schema !== "object" || schema === null) return undefined;
  if (!Object.hasOwn(schema, key)) return undefined;
  return inside(at, key, (schema as Record<string, JsonValue>)[key] as JsonValue);
}

function unescaped(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return undefined; // A percent sign without two digits.
  }
}

function leadsNowhere(from: Located, ref: string): never {
  throw fault(from, `$ref "${ref}" leads nowhere`);
}
