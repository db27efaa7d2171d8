/** Grammars of whole answers: reasoning comes first, freely, and then what is asked for, between its tags. */
import type { JsonSchema } from "../../constrain/notations/json-schema/keywords.ts";
import type { Structure, StructurePart } from "../../constrain/notations/structure.ts";
import { callFormatOf } from "../tools/call-formats.ts";
import { type CallFrame, CallWriter, upToTag, withTokens } from "../tools/call-frames.ts";
import type { Tools } from "../tools/tools.ts";
import { opensReasoning, reasoningTags } from "./tagged-answer.ts";

export interface AnswerPlace {
  /** The source of the chat template. */
  readonly template: string;
  /** The rendered prompt of the answer. */
  readonly prompt: string;
  /** Whether a text is the name of a control token. */
  readonly isControl: (text: string) => boolean;
}

const CHANNEL = "<|channel|>";

/** Whether answers stand in channels, as gpt-oss has them. */
export const isChannelled = ({ template, isControl }: Omit<AnswerPlace, "prompt">): boolean =>
  template.includes(CHANNEL) && isControl(CHANNEL);

const CHANNEL_CALL: CallFrame = {
  call: "<|channel|>commentary to=functions.{name} <|constrain|>json<|message|>{arguments}",
};

/** An answer whose text keeps a structure. */
export const answerStructure = (place: AnswerPlace, text: Structure): Structure => [
  ...reasoning(place),
  ...finalMark(place),
  ...text,
];

/**
 * An answer that calls one of some functions.
 *
 * @returns undefined for a template without a form of calls
 */
export function callStructure(
  place: AnswerPlace,
  tools: Tools,
  names: readonly string[],
): Structure | undefined {
  const call = anyCall(place, names, (name) => tools.parametersOf(name));
  return call && [...reasoning(place), call];
}

/**
 * An answer that may call functions. Its text is free up to what begins a call; a call keeps the schema of a
 * strict function (as the lazy grammars of llama.cpp).
 *
 * @param text that the answer is where it calls nothing, if not any
 * @returns undefined for a template without a form of calls
 */
export function openStructure(place: AnswerPlace, tools: Tools, text?: Structure): Structure | undefined {
  const { template, isControl } = place;
  const call = anyCall(place, [...tools.names], (name) => tools.heldParametersOf(name));
  if (call === undefined) return undefined;
  if (text !== undefined || isChannelled(place)) {
    const said = text ?? [{ free: { without: [] } }];
    return [...reasoning(place), { oneOf: [[...finalMark(place), ...said], [call]] }];
  }
  const { tags = [], bare } = callFormatOf(template) ?? {};
  const begins = tags.map(([begin]) => begin).filter((begin) => !isControl(begin));
  const said: StructurePart = { free: { without: begins, begin: bare } };
  if (bare !== undefined) return [...reasoning(place), { oneOf: [[said], [{ regex: "[ \\n]{0,3}" }, call]] }];
  // A call without an end goes on to the end of the answer.
  const calls: StructurePart = tags.every(([, end]) => end !== undefined)
    ? { anyTimes: [call, said] }
    : { oneOf: [[], [call]] };
  return [...reasoning(place), said, calls];
}

function anyCall(
  place: AnswerPlace,
  names: readonly string[],
  parametersOf: (name: string) => JsonSchema,
): StructurePart | undefined {
  const frame = isChannelled(place) ? CHANNEL_CALL : callFormatOf(place.template)?.frame(place.template);
  if (frame === undefined) return undefined;
  const writer = new CallWriter(frame, place.isControl);
  return { oneOf: names.map((name) => writer.callOf(name, parametersOf(name))) };
}

const finalMark = (place: AnswerPlace): Structure =>
  isChannelled(place) ? withTokens("<|channel|>final<|message|>", place.isControl) : [];

/** What the model may think before: nothing, where its template has no tags for it or has closed them. */
function reasoning(place: AnswerPlace): Structure {
  const { template, prompt, isControl } = place;
  if (isChannelled(place)) {
    const begin = withTokens("<|channel|>analysis<|message|>", isControl);
    const end = [...upToTag("<|end|>", isControl), ...withTokens("<|start|>assistant", isControl)];
    return [{ oneOf: [[], [...begin, ...end]] }];
  }
  const tags = reasoningTags.find(([begin, end]) => opensReasoning(prompt, begin) || template.includes(end));
  if (tags === undefined || prompt.trimEnd().endsWith(tags[1])) return [];
  const [begin, end] = tags;
  const rest = [...upToTag(end, isControl), { regex: "[ \\n]{0,3}" }];
  if (opensReasoning(prompt, begin)) return rest;
  return [{ oneOf: [[], [...withTokens(begin, isControl), ...rest]] }];
}
