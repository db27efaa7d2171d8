/** Answers with tags in them: `<think> .. </think>` around reasoning, `<tool_call> .. </tool_call>` and its kin. */
import type { CallFormat } from "../tools/call-formats.ts";
import type { AnswerPart, AnswerReader, ToolCall } from "./answer-part.ts";

type Tag = readonly [begin: string, end: string | undefined];

/** What stands around reasoning. */
export const reasoningTags: readonly (readonly [begin: string, end: string])[] = [
  ["<think>", "</think>"],
  ["[THINK]", "[/THINK]"],
  ["<|START_THINKING|>", "<|END_THINKING|>"],
  ["<seed:think>", "</seed:think>"],
];

/** Whether a prompt ends within reasoning that begins with this tag: some templates write it themselves. */
export const opensReasoning = (prompt: string, begin: string): boolean => prompt.trimEnd().endsWith(begin);

/** What a tag has begun. */
interface Section {
  readonly begin: string;
  readonly end: string | undefined;
  readonly isReasoning: boolean;
}

export interface AnswerRules {
  /** How the model writes calls; undefined if it has no functions to call. */
  readonly calls?: CallFormat | undefined;
  /** The calls in a text of this form; undefined for a text that is no call. */
  readonly parse?: (body: string) => readonly ToolCall[] | undefined;
  /** Whether a text is the name of a control token: it is a tag only if the token comes. */
  readonly isControl?: (text: string) => boolean;
  /** Control tokens that end answers. They belong to no call. */
  readonly ends?: readonly string[];
}

export class TaggedAnswer implements AnswerReader {
  readonly #rules: AnswerRules;
  readonly #tags: readonly Section[];
  #section: Section | undefined;
  /** Text that may be the beginning of a tag. */
  #held = "";
  /** The call under way. */
  #call = "";
  /** Whether there was anything but white space outside of reasoning. */
  #hasText = false;

  /** @param prompt of the answer */
  constructor(prompt: string, rules: AnswerRules = {}) {
    this.#rules = rules;
    const sections = (tags: readonly Tag[], isReasoning: boolean) =>
      tags.map(([begin, end]) => ({ begin, end, isReasoning }));
    const calls = rules.calls?.tags ?? [];
    this.#tags = [...sections(reasoningTags, true), ...sections(calls, false)];
    this.#section = this.#tags.find(({ begin, isReasoning }) => {
      return isReasoning && opensReasoning(prompt, begin);
    });
  }

  get isReasoning(): boolean {
    return this.#section?.isReasoning ?? false;
  }

  push(text: string): AnswerPart[] {
    const parts: AnswerPart[] = [];
    let rest = this.#held + text;
    this.#held = "";
    while (rest !== "") {
      if (this.#section !== undefined && !this.#section.isReasoning) rest = this.#inCall(rest, parts);
      else rest = this.#upToTag(rest, parts);
    }
    return parts;
  }

  control(name: string): AnswerPart[] {
    const parts: AnswerPart[] = [];
    this.#say(parts, this.#held);
    this.#held = "";
    const section = this.#section;
    if (section === undefined) this.#section = this.#tags.find(({ begin }) => begin === name);
    else if (section.end === name) this.#leave(parts);
    else if (!section.isReasoning && !this.#rules.ends?.includes(name)) this.#call += name;
    return parts;
  }

  flush(): AnswerPart[] {
    const parts: AnswerPart[] = [];
    if (this.#section?.isReasoning === false) this.#leave(parts, "");
    this.#say(parts, this.#held);
    this.#held = "";
    return parts;
  }

  /** Takes text up to the next tag, and the tag. @returns what is left */
  #upToTag(text: string, parts: AnswerPart[]): string {
    if (this.#beginsBareCall(text)) return text;
    const tags = this.#wanted();
    const found = tags.map((tag) => [text.indexOf(tag), tag] as const).filter(([at]) => at >= 0);
    const [first] = found.sort(([a, tag], [b, other]) => a - b || other.length - tag.length);
    if (first === undefined) {
      const kept = text.length - heldLength(text, tags);
      this.#say(parts, text.slice(0, kept));
      this.#held = text.slice(kept);
      return "";
    }
    const [at, tag] = first;
    this.#say(parts, text.slice(0, at));
    this.#section = this.#section === undefined ? this.#tags.find(({ begin }) => begin === tag) : undefined;
    return text.slice(at + tag.length);
  }

  /** Llama's calls have no tags. The section that begins here has none either. */
  #beginsBareCall(text: string): boolean {
    const mark = this.#rules.calls?.bare;
    if (mark === undefined || this.#hasText || this.#section !== undefined) return false;
    if (!text.trimStart().startsWith(mark)) return false;
    this.#section = { begin: "", end: undefined, isReasoning: false };
    return true;
  }

  #inCall(text: string, parts: AnswerPart[]): string {
    const { end } = this.#section as Section;
    const from = Math.max(0, this.#call.length - (end?.length ?? 0));
    this.#call += text;
    const at = end === undefined || this.#isControl(end) ? -1 : this.#call.indexOf(end, from);
    if (end === undefined || at < 0) return "";
    const rest = this.#call.slice(at + end.length);
    this.#call = this.#call.slice(0, at);
    this.#leave(parts);
    return rest;
  }

  /** Ends a section. @param end its tag, as a text of a call that is none shows it */
  #leave(parts: AnswerPart[], end = this.#section?.end ?? ""): void {
    const { begin = "", isReasoning = false } = this.#section ?? {};
    this.#section = undefined;
    if (isReasoning) return;
    const body = this.#call;
    this.#call = "";
    const calls = this.#rules.parse?.(body);
    if (calls === undefined) this.#say(parts, begin + body + end);
    else parts.push(...calls.map((call) => ({ kind: "call" as const, call })));
  }

  /** Texts that are tags here. */
  #wanted(): readonly string[] {
    const tags = this.#section === undefined ? this.#tags.map(({ begin }) => begin) : [this.#section.end];
    return tags.filter((tag) => tag !== undefined && !this.#isControl(tag)) as string[];
  }

  #isControl = (text: string): boolean => this.#rules.isControl?.(text) ?? false;

  #say(parts: AnswerPart[], text: string): void {
    if (text === "") return;
    if (!this.isReasoning && text.trim() !== "") this.#hasText = true;
    parts.push({ kind: this.isReasoning ? "reasoning" : "text", text });
  }
}

/** The length of the longest end of a text that begins one of the tags. */
function heldLength(text: string, tags: readonly string[]): number {
  const longest = Math.min(text.length, Math.max(0, ...tags.map((tag) => tag.length - 1)));
  for (let length = longest; length > 0; length--) {
    const end = text.slice(-length);
    if (tags.some((tag) => tag.startsWith(end))) return length;
  }
  return 0;
}
