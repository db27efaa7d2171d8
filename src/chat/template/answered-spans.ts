/** Places of a rendered conversation that the assistant writes. */
import { type MarkedText, SCAFFOLD } from "../jinja/values/marked-text.ts";
import type { TurnMarks } from "./turn-marks.ts";

export interface Span {
  readonly begin: number;
  readonly end: number;
}

const ASSISTANT = "assistant";

/**
 * From what begins an answer, which the prompt has, to what ends it. The marks of calls and thoughts between
 * belong to it, too. Known by the origin of characters, so messages cannot spell it.
 */
export function answeredSpans(conversation: MarkedText, { open, close }: TurnMarks): Span[] {
  const spans: Span[] = [];
  let [at, after] = [0, 0];
  let span: Span | undefined;
  const finish = (end: number) => {
    if (span !== undefined) spans.push({ ...span, end });
    span = undefined;
  };
  for (const { text, origin } of conversation.pieces()) {
    const end = at + text.length;
    if (origin === ASSISTANT) {
      const opened = open === "" ? -1 : conversation.text.slice(after, at).lastIndexOf(open);
      span = { begin: span?.begin ?? (opened < 0 ? at : after + opened + open.length), end };
    } else if (origin !== SCAFFOLD) {
      finish(span?.end ?? at);
      after = end;
    } else if (span !== undefined && close !== "" && text.includes(close)) {
      const closed = at + text.indexOf(close) + close.length;
      finish(closed);
      after = closed;
    }
    at = end;
  }
  finish(span?.end ?? at);
  return spans;
}
