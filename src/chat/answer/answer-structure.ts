/** Grammars of whole answers: reasoning comes first, freely, and then what is asked for, between its tags. */
import type { Structure } from "../../constrain/notations/structure.ts";
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
export const answerStructure = (place: AnswerPlace, text: Structure): Structure => {
  const begin = isChannelled(place) ? withTokens("<|channel|>final<|message|>", place.isControl) : [];
  return [...reasoning(place), ...begin, ...text];
};

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
  const frame = isChannelled(place) ? CHANNEL_CALL : callFormatOf(place.template)?.frame(place.template);
  if (frame === undefined) return undefined;
  const writer = new CallWriter(frame, place.isControl);
  const calls = names.map((name) => writer.callOf(name, tools.parametersOf(name)));
  return [...reasoning(place), { oneOf: calls }];
}

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
