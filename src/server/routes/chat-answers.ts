/** Answers to messages, taken apart while they are written. */
import type { AnswerPart } from "../../chat/answer/answer-part.ts";
import { CollectedAnswer } from "../../chat/answer/collected-answer.ts";
import type { ChatMessage, MessageCall } from "../../chat/template/messages.ts";
import type { GeneratedToken, GenerateOptions } from "../../generate/options/options.ts";
import type { Sample } from "../../text/samples/sample.ts";
import type { Difference } from "../earlier-prompts.ts";
import type { Exchange } from "../route.ts";
import type { ChatQuestion, PlaceInMessages } from "./chat-prompt.ts";
import { generateAll } from "./generate-all.ts";

/** A part of an answer. A call has its number among those of the answer. */
export type ReplyPart =
  | Exclude<AnswerPart, { kind: "call" }>
  | { readonly kind: "call"; readonly index: number; readonly call: MessageCall };

export interface ChatAnswer {
  readonly sample: Sample;
  readonly message: ChatMessage;
  readonly reasoningTokens: number;
  /** Why the prompt was not found in a cache, if the client has sent one before that begins alike. */
  readonly miss: CacheMiss | undefined;
}

export interface CacheMiss extends Difference {
  readonly message?: PlaceInMessages | undefined;
}

export interface ChatRun {
  readonly question: ChatQuestion;
  readonly options: GenerateOptions;
  readonly count: number;
}

/** @param token with which the parts became certain; undefined at the end of the answer */
type OnParts = (
  choice: number,
  parts: readonly ReplyPart[],
  token: GeneratedToken | undefined,
) => Promise<void>;

export async function chatAnswers(
  exchange: Pick<Exchange, "service" | "client" | "signal">,
  { question, options, count }: ChatRun,
  onParts: OnParts = async () => {},
): Promise<readonly ChatAnswer[]> {
  const { promptIds, ends } = question;
  const { service, client } = exchange;
  const difference = service.earlier.difference(client, promptIds, service.model.tokenizer);
  const miss = difference && { ...difference, message: question.messageAt(difference.position) };
  const stop = [...(options.stop ?? []), ...ends];
  const wish = { prompts: [promptIds], count, options: question.held({ ...options, stop }) };
  const collected = Array.from(
    { length: count },
    (_, choice) => new CollectedAnswer(question.reader(), promptIds, choice),
  );
  const samples = await generateAll(exchange, wish, async (choice, token) => {
    const answer = collected[choice] as CollectedAnswer;
    await onParts(choice, numbered(answer.push(token), answer), token);
  });
  const answers: ChatAnswer[] = [];
  for (const [choice, sample] of samples.flat().entries()) {
    const answer = collected[choice] as CollectedAnswer;
    await onParts(choice, numbered(answer.flush(), answer), undefined);
    const { message, reasoningTokens } = answer;
    const isMiss = miss !== undefined && sample.reusedTokens <= miss.position;
    answers.push({ sample, message, reasoningTokens, miss: isMiss ? miss : undefined });
  }
  return answers;
}

/** The calls among the parts are the last ones of the answer. */
function numbered(parts: readonly AnswerPart[], { calls }: CollectedAnswer): readonly ReplyPart[] {
  let index = calls.length - parts.filter(({ kind }) => kind === "call").length;
  return parts.map((part) => {
    if (part.kind !== "call") return part;
    const call = calls[index] as MessageCall;
    return { kind: "call", index: index++, call };
  });
}
