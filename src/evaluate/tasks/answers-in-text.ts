/** Items of the LLM-Adapters collection (Hu et al. 2023): question and choices stand in one text. */
import type { Fields } from "../task/definition.ts";

/** `... question: Q\n\nAnswer1: A Answer2: B\n\nAnswer format: ...`, answer `answer2`. */
export function fieldsInText(row: Fields): Fields {
  const text = String(row.instruction);
  const [head = "", tail = ""] = split(text, "\n\nAnswer1: ");
  const question = head.slice(head.indexOf("question: ") + "question: ".length);
  const [listed = ""] = split(tail, "\n\nAnswer format");
  return { question, choices: listed.split(/ ?Answer\d: /), answer: numberAtEnd(row.answer) };
}

/** `... given sentence: S\n\nOption1: A Option2: B Answer format: ...`, answer `option2`. */
export function fieldsOfBlank(row: Fields): Fields {
  const text = String(row.instruction);
  const [head = "", tail = ""] = split(text, "\n\nOption1: ");
  const sentence = head.slice(head.indexOf("sentence: ") + "sentence: ".length);
  const [options = ""] = split(tail, " Answer format");
  const [option1 = "", option2 = ""] = split(options, " Option2: ");
  return { sentence, option1, option2, answer: String(row.answer).replace("option", "") };
}

function split(text: string, separator: string): [string, string?] {
  const place = text.indexOf(separator);
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + separator.length)];
}

/** `answer2` is 1. */
const numberAtEnd = (answer: Fields[string]): number => Number(/\d+$/.exec(String(answer))?.[0]) - 1;
