/**
 * Rules -> nondeterministic automata (Thompson 1968). A step takes a byte, or all that another rule allows.
 * A repetition that is counted far becomes a rule of its own with a counter, so that a thousand characters
 * take no thousand nodes.
 */
import type { Expression, Grammar } from "../grammar/expression.ts";

/** A rule by its number. */
export type RuleNumber = number;

export interface NfaNode {
  /** Nodes that are reached without a step. */
  readonly free: number[];
  readonly bytes: { readonly first: number; readonly last: number; readonly to: number }[];
  readonly calls: { readonly rule: RuleNumber; readonly to: number }[];
}

/** What a rule is made of. Node 0 is the start, node 1 the end. */
export type RuleBody =
  | { readonly kind: "nodes"; readonly nodes: readonly NfaNode[] }
  /** Another rule, from `least` to `most` times. */
  | { readonly kind: "loop"; readonly of: RuleNumber; readonly least: number; readonly most: number };

export interface NamedBody {
  readonly name: string;
  readonly body: RuleBody;
}

/** A repetition of more nodes than this is counted instead of written out. */
const WRITTEN_OUT = 64;

/** Rules in their order of discovery; the root is rule 0. */
export function fragments(
  grammar: Grammar,
  fault: (problem: string) => Error,
  mostNodes: number,
): readonly NamedBody[] {
  const builder = new Builder(grammar, fault, mostNodes);
  builder.rule(grammar.root);
  return builder.finish();
}

class Builder {
  readonly #grammar: Grammar;
  readonly #fault: (problem: string) => Error;
  readonly #mostNodes: number;
  readonly #numbers = new Map<string, RuleNumber>();
  readonly #waiting: { readonly number: RuleNumber; readonly expression: Expression }[] = [];
  readonly #bodies: NamedBody[] = [];
  #nodeCount = 0;

  constructor(grammar: Grammar, fault: (problem: string) => Error, mostNodes: number) {
    this.#grammar = grammar;
    this.#fault = fault;
    this.#mostNodes = mostNodes;
  }

  rule(name: string): RuleNumber {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const expression = this.#grammar.rules.get(name);
    if (expression === undefined) throw this.#fault(`there is no rule ${name}`);
    const number = this.#reserve(name);
    this.#numbers.set(name, number);
    this.#waiting.push({ number, expression });
    return number;
  }

  finish(): readonly NamedBody[] {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      const nodes: NfaNode[] = [];
      const [start, end] = [this.#node(nodes), this.#node(nodes)];
      this.#build(next.expression, nodes, start, end);
      this.#fill(next.number, { kind: "nodes", nodes });
    }
    return this.#bodies;
  }

  #reserve(name: string): RuleNumber {
    return this.#bodies.push({ name, body: { kind: "nodes", nodes: [] } }) - 1;
  }

  #fill(number: RuleNumber, body: RuleBody): void {
    this.#bodies[number] = { name: this.#bodies[number]?.name ?? "", body };
  }

  #node(nodes: NfaNode[]): number {
    if (++this.#nodeCount > this.#mostNodes) throw this.#fault(`it has more than ${this.#mostNodes} nodes`);
    return nodes.push({ free: [], bytes: [], calls: [] }) - 1;
  }

  /** Adds the ways from one node to another that the expression allows. */
  #build(expression: Expression, nodes: NfaNode[], from: number, to: number): void {
    const node = nodes[from] as NfaNode;
    switch (expression.kind) {
      case "bytes":
        node.bytes.push({ first: expression.first, last: expression.last, to });
        return;
      case "rule":
        node.calls.push({ rule: this.rule(expression.name), to });
        return;
      case "choice":
        for (const option of expression.options) this.#build(option, nodes, from, to);
        return;
      case "sequence": {
        let at = from;
        for (const [i, part] of expression.parts.entries()) {
          const next = i === expression.parts.length - 1 ? to : this.#node(nodes);
          this.#build(part, nodes, at, next);
          at = next;
        }
        if (at !== to) (nodes[at] as NfaNode).free.push(to);
        return;
      }
      case "graph": {
        const own = expression.nodes.map(() => this.#node(nodes));
        node.free.push(own[0] as number);
        for (const [i, { ends, steps }] of expression.nodes.entries()) {
          const at = own[i] as number;
          if (ends) (nodes[at] as NfaNode).free.push(to);
          for (const step of steps) this.#build(step.takes, nodes, at, own[step.to] as number);
        }
        return;
      }
      case "repeat":
        this.#repeat(expression, nodes, from, to);
    }
  }

  #repeat(
    { of, least, most }: Extract<Expression, { kind: "repeat" }>,
    nodes: NfaNode[],
    from: number,
    to: number,
  ): void {
    const copies = Number.isFinite(most) ? most : least;
    if (copies > 1 && copies * sizeOf(of) > WRITTEN_OUT && !this.#mayBeEmpty(of)) {
      (nodes[from] as NfaNode).calls.push({ rule: this.#loop(of, least, most), to });
      return;
    }
    let at = from;
    for (let i = 0; i < least; i++) {
      const next = this.#node(nodes);
      this.#build(of, nodes, at, next);
      at = next;
    }
    if (!Number.isFinite(most)) {
      const round = this.#node(nodes);
      (nodes[at] as NfaNode).free.push(round);
      this.#build(of, nodes, round, round);
      (nodes[round] as NfaNode).free.push(to);
      return;
    }
    (nodes[at] as NfaNode).free.push(to);
    for (let i = least; i < most; i++) {
      const next = this.#node(nodes);
      this.#build(of, nodes, at, next);
      (nodes[next] as NfaNode).free.push(to);
      at = next;
    }
  }

  #loop(of: Expression, least: number, most: number): RuleNumber {
    const item = this.#reserve("a repetition");
    this.#waiting.push({ number: item, expression: of });
    const number = this.#reserve("a repetition");
    this.#fill(number, { kind: "loop", of: item, least, most });
    return number;
  }

  #mayBeEmpty(expression: Expression, within: ReadonlySet<string> = new Set()): boolean {
    switch (expression.kind) {
      case "bytes":
        return false;
      case "sequence":
        return expression.parts.every((part) => this.#mayBeEmpty(part, within));
      case "choice":
        return expression.options.some((option) => this.#mayBeEmpty(option, within));
      case "repeat":
        return expression.least === 0 || this.#mayBeEmpty(expression.of, within);
      case "graph":
        return expression.nodes.some(({ ends }) => ends); // as far as is known without a search
      case "rule": {
        const body = this.#grammar.rules.get(expression.name);
        if (body === undefined || within.has(expression.name)) return false;
        return this.#mayBeEmpty(body, new Set([...within, expression.name]));
      }
    }
  }
}

function sizeOf(expression: Expression): number {
  switch (expression.kind) {
    case "sequence":
      return expression.parts.reduce((sum, part) => sum + sizeOf(part), 1);
    case "choice":
      return expression.options.reduce((sum, option) => sum + sizeOf(option), 1);
    case "repeat": {
      const { of, least, most } = expression;
      return sizeOf(of) * Math.max(1, Number.isFinite(most) ? most : least);
    }
    case "graph":
      return expression.nodes.reduce((sum, { steps }) => sum + 1 + steps.length, 0);
    default:
      return 1;
  }
}
