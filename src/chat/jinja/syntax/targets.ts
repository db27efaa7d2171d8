/** What `set`, `for` and `with` assign to: names, attributes of a namespace, and tuples of them. */

import { fail } from "../values/template-error.ts";
import { Attributes, defined, itemsOf, NONE, typeName, type Value } from "../values/values.ts";
import type { Scope } from "./scope.ts";
import type { TokenStream } from "./token-stream.ts";

export type Target =
  | { readonly name: string; readonly attribute?: string }
  | { readonly parts: readonly Target[] };

/** @param withAttributes whether `namespace.name` is one */
export function parseTarget(tokens: TokenStream, { withAttributes = false } = {}): Target {
  const first = parsePart(tokens, withAttributes);
  const parts = [first];
  if (!tokens.is("operator", ",")) return first;
  while (tokens.skip("operator", ",")) {
    if (tokens.current.kind !== "name" && !tokens.is("operator", "(")) break;
    if (tokens.is("name", "in")) break;
    parts.push(parsePart(tokens, withAttributes));
  }
  return { parts };
}

function parsePart(tokens: TokenStream, withAttributes: boolean): Target {
  if (tokens.skip("operator", "(")) {
    const target = parseTarget(tokens, { withAttributes });
    tokens.expect("operator", ")");
    return target;
  }
  const name = tokens.expect("name").text;
  if (!withAttributes || !tokens.skip("operator", ".")) return { name };
  return { name, attribute: tokens.expect("name").text };
}

export function assign(target: Target, value: Value, scope: Scope): undefined {
  if ("parts" in target) {
    const items = itemsOf(defined(value));
    if (items.length !== target.parts.length) {
      fail("type", `cannot unpack ${items.length} values into ${target.parts.length} names`);
    }
    for (const [i, part] of target.parts.entries()) assign(part, items[i] ?? NONE, scope);
  } else if (target.attribute === undefined) scope.set(target.name, value);
  else {
    const object = scope.get(target.name);
    if (!(object instanceof Attributes) || object.set === undefined) {
      fail("type", `cannot assign attribute on non-namespace object (${typeName(object)})`);
    } else object.set(target.attribute, value);
  }
}
