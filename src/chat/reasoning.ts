/** Tells a model's reasoning from its answer while both are written: `<think> .. </think>` and its kin. */
export interface AnswerPart {
  readonly text: string;
  readonly isReasoning: boolean;
}

const TAGS = [
  ["<think>", "</think>"],
  ["[THINK]", "[/THINK]"],
  ["<|START_THINKING|>", "<|END_THINKING|>"],
] as const;

export class ReasoningParts {
  /** The tag that ends the reasoning under way. */
  #end: string | undefined;
  /** Text that may be the beginning of a tag. */
  #held = "";

  /** @param prompt of the answer: some templates write the first tag themselves */
  constructor(prompt: string) {
    this.#end = TAGS.find(([begin]) => prompt.trimEnd().endsWith(begin))?.[1];
  }

  get isReasoning(): boolean {
    return this.#end !== undefined;
  }

  /** The parts that are certain now. Tags belong to no part. */
  push(text: string): AnswerPart[] {
    const parts: AnswerPart[] = [];
    let rest = this.#held + text;
    for (;;) {
      const wanted = this.#end === undefined ? TAGS.map(([begin]) => begin) : [this.#end];
      const found = wanted.map((tag) => [rest.indexOf(tag), tag] as const).filter(([at]) => at >= 0);
      const [first] = found.sort(([a], [b]) => a - b);
      if (first === undefined) {
        const kept = rest.length - heldLength(rest, wanted);
        this.#add(parts, rest.slice(0, kept));
        this.#held = rest.slice(kept);
        return parts;
      }
      const [at, tag] = first;
      this.#add(parts, rest.slice(0, at));
      this.#end = this.#end === undefined ? TAGS.find(([begin]) => begin === tag)?.[1] : undefined;
      rest = rest.slice(at + tag.length);
    }
  }

  /** What was held back at the end of the answer. */
  flush(): AnswerPart[] {
    const parts: AnswerPart[] = [];
    this.#add(parts, this.#held);
    this.#held = "";
    return parts;
  }

  #add(parts: AnswerPart[], text: string): void {
    if (text !== "") parts.push({ text, isReasoning: this.isReasoning });
  }
}

/** The length of the longest end of a text that begins one of the tags. */
function heldLength(text: string, tags: readonly string[]): number {
  const longest = Math.min(text.length, Math.max(...tags.map((tag) => tag.length)) - 1);
  for (let length = longest; length > 0; length--) {
    const end = text.slice(-length);
    if (tags.some((tag) => tag.startsWith(end))) return length;
  }
  return 0;
}
