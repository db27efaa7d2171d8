/** Charsmaps made on the spot: a double-array trie with one child after the other. */

/** @param rules what replaces which text */
export function charsmapOf(rules: Readonly<Record<string, string>>): Uint8Array {
  const replacements: number[] = [];
  const root = new Map<number, Node>();
  for (const [text, replacement] of Object.entries(rules)) {
    let node: Node = { children: root };
    for (const byte of Buffer.from(text)) {
      const child: Node = node.children.get(byte) ?? { children: new Map() };
      node.children.set(byte, child);
      node = child;
    }
    node.value = replacements.length;
    replacements.push(...Buffer.from(replacement), 0);
  }
  // Each node has 256 units of its own; the unit of the empty label holds the value.
  const units: number[] = new Array<number>(256).fill(0);
  const place = (node: Node, at: number): void => {
    const base = units.length;
    units.push(...new Array<number>(256).fill(0));
    units[at] =
      ((units[at] as number) | encodedOffset(at ^ base) | (node.value === undefined ? 0 : 0x100)) >>> 0;
    if (node.value !== undefined) units[base] = (node.value | 0x8000_0000) >>> 0;
    for (const [byte, child] of node.children) {
      units[base ^ byte] = byte;
      place(child, base ^ byte);
    }
  };
  place({ children: root }, 0);
  const bytes = Buffer.alloc(4 + 4 * units.length + replacements.length);
  bytes.writeUInt32LE(4 * units.length, 0);
  for (const [i, unit] of units.entries()) bytes.writeUInt32LE(unit, 4 + 4 * i);
  bytes.set(replacements, 4 + 4 * units.length);
  return bytes;
}

interface Node {
  readonly children: Map<number, Node>;
  value?: number;
}

const encodedOffset = (offset: number): number =>
  offset < 2 ** 21 ? offset << 10 : ((offset >> 8) << 10) | 0x200;
