/** A prompt as a file that people share: its examples, its format, and where an answer ends. */
import { JsonFields } from "../../files/json-fields.ts";
import { isShotFormat, type Shot } from "./shots.ts";

export interface PromptTemplate {
  readonly describe: string;
  /** What each example becomes, with {input} and {output}. */
  readonly format: string;
  readonly shots: readonly Shot[];
  /** Texts that end an answer. */
  readonly stop: readonly string[];
  readonly maxTokens: number;
}

/**
 * Reads a template: an object with `describe`, `format`, `shots` (a list of `input` and `output`), `stop` (a
 * list of texts) and `max_tokens`.
 *
 * @throws GptError `not-found`; `invalid-file` for a missing field and for one of another kind
 */
export async function readTemplate(file: string): Promise<PromptTemplate> {
  const fields = await JsonFields.read(file);
  const [format, stop] = [fields.string("format"), fields.list("stop")];
  return {
    describe: fields.optionalString("describe") ?? "",
    format: isShotFormat(format) ? format : fields.fail("format", "a text with {input} and then {output}"),
    shots: fields
      .objects("shots")
      .map((shot) => ({ input: shot.string("input"), output: shot.string("output") })),
    stop: isTexts(stop) ? stop : fields.fail("stop", "a list of texts"),
    maxTokens: fields.count("max_tokens"),
  };
}

const isTexts = (values: readonly unknown[]): values is readonly string[] =>
  values.every((text) => typeof text === "string");
