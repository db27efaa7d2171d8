/** The operations of a pickle by their codes, as pickletools lists them. */
import type { PickleMachine } from "./pickle-machine.ts";

function appendTo(machine: PickleMachine, values: readonly unknown[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw machine.fail("it appends to what is no list");
  for (const value of values) list.push(value);
}

function setItems(machine: PickleMachine, items: readonly unknown[]): void {
  const dict = machine.top();
  if (!(dict instanceof Map)) throw machine.fail("it sets an item of what is no dictionary");
  for (let i = 0; i + 1 < items.length; i += 2) dict.set(items[i], items[i + 1]);
}

function dictOf(items: readonly unknown[]): Map<unknown, unknown> {
  const dict: Map<unknown, unknown> = new Map();
  for (let i = 0; i + 1 < items.length; i += 2) dict.set(items[i], items[i + 1]);
  return dict;
}

/** Little-endian two's complement of any length; beyond 6 bytes it is no size of a tensor. */
function integerOf(bytes: Buffer): number {
  if (bytes.length === 0) return 0;
  if (bytes.length <= 6) return bytes.readIntLE(0, bytes.length);
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`));
  return Number(value);
}

/**
 * By their codes, in the order of pickletools. Codes of protocol 0 that PyTorch never writes are left out.
 */
export const OPERATIONS: Readonly<Record<number, (machine: PickleMachine) => void>> = {
  [code("J")]: (m) => m.push(m.take(4).readInt32LE()),
  [code("K")]: (m) => m.push(m.take(1).readUInt8()),
  [code("M")]: (m) => m.push(m.take(2).readUInt16LE()),
  138: (m) => m.push(integerOf(m.take(m.take(1).readUInt8()))), // LONG1
  [code("U")]: (m) => m.push(m.take(m.take(1).readUInt8()).toString("latin1")),
  [code("T")]: (m) => m.push(m.take(m.take(4).readUInt32LE()).toString("latin1")),
  140: (m) => m.push(m.take(m.take(1).readUInt8()).toString("utf8")), // SHORT_BINUNICODE
  [code("X")]: (m) => m.push(m.take(m.take(4).readUInt32LE()).toString("utf8")),
  141: (m) => m.push(m.take(Number(m.take(8).readBigUInt64LE())).toString("utf8")), // BINUNICODE8
  [code("G")]: (m) => m.push(m.take(8).readDoubleBE()),
  [code("N")]: (m) => m.push(null),
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  [code("]")]: (m) => m.push([]),
  [code("a")]: (m) => appendTo(m, [m.pop()]),
  [code("e")]: (m) => appendTo(m, m.popMark()),
  [code("l")]: (m) => m.push(m.popMark()),
  [code(")")]: (m) => m.push([]),
  [code("t")]: (m) => m.push(m.popMark()),
  133: (m) => m.push([m.pop()]), // TUPLE1
  134: (m) => m.push([m.pop(), m.pop()].reverse()), // TUPLE2
  135: (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()), // TUPLE3
  [code("}")]: (m) => m.push(new Map()),
  [code("d")]: (m) => m.push(dictOf(m.popMark())),
  [code("s")]: (m) => setItems(m, [m.pop(), m.pop()].reverse()),
  [code("u")]: (m) => setItems(m, m.popMark()),
  [code("0")]: (m) => m.pop(),
  [code("2")]: (m) => m.push(m.top()),
  [code("(")]: (m) => m.pushMark(),
  [code("1")]: (m) => m.popMark(),
  [code("h")]: (m) => m.load(m.take(1).readUInt8()),
  [code("j")]: (m) => m.load(m.take(4).readUInt32LE()),
  [code("q")]: (m) => m.store(m.take(1).readUInt8()),
  [code("r")]: (m) => m.store(m.take(4).readUInt32LE()),
  148: (m) => m.store(), // MEMOIZE
  [code("c")]: (m) => m.global(`${m.line()}.${m.line()}`),
  147: (m) => globalOfTexts(m), // STACK_GLOBAL
  [code("R")]: (m) => callTop(m),
  129: (m) => callTop(m), // NEWOBJ
  // BUILD: the attributes of an object, such as the _metadata of a state dict, hold no tensors.
  [code("b")]: (m) => m.pop(),
  [code("Q")]: (m) => m.persistent(m.pop()),
  128: (m) => m.take(1), // PROTO
  149: (m) => m.take(8), // FRAME
};

function globalOfTexts(machine: PickleMachine): void {
  const [name, module] = [machine.pop(), machine.pop()];
  if (typeof module !== "string" || typeof name !== "string")
    throw machine.fail("it names a function by no text");
  machine.global(`${module}.${name}`);
}

function callTop(machine: PickleMachine): void {
  const args = machine.pop();
  machine.call(machine.pop(), args);
}

function code(character: string): number {
  return character.charCodeAt(0);
}
