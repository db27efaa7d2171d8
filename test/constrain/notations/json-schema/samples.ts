/** Texts that random logits write under a schema, which ajv must find valid. */
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { expect } from "vitest";
import { Constraint } from "../../../../src/constrain/constraint.ts";
import { schemaGrammar } from "../../../../src/constrain/notations/json-schema/grammar.ts";
import { GptError } from "../../../../src/errors.ts";
import { Random } from "../../../../src/generate/sampling/random.ts";
import { generateText } from "../../../../src/text/generate-text.ts";
import { FakeSource } from "../../../generate/fake-source.ts";
import { resolveSettings } from "../../../generate/resolve-settings.ts";
import { ByteTokenizer } from "../../../text/byte-tokenizer.ts";
import { SchemaDrawer } from "./random-schema.ts";

const MERGED = [
  '{"',
  '":',
  '": "',
  '",',
  '", "',
  '"}',
  '"}]',
  "}}",
  "]}",
  "],",
  "null",
  "true",
  "false",
  "12",
  "00",
  "-1",
  ".5",
  "é",
  "ab",
  '"a',
  'name"',
  "\\u",
  "\\n",
  "  ",
  "\n",
  "2026-",
  ":00",
];
const pieces = [...Array.from({ length: 256 }, (_, byte) => [byte]), ...MERGED, "<end>"];
const end = pieces.length - 1;
const tokenizer = new ByteTokenizer(pieces, { endOfTextIds: [end] });

/** Closing marks are a little likelier, so that texts of many lengths come. */
const bias = new Map(['"', "}", "]", ","].map((mark) => [mark.charCodeAt(0), 2]));

async function sampleOf(schema: object, seed: number, maxTokens: number): Promise<string> {
  const random = new Random(seed);
  const source = new FakeSource(
    () => pieces.map((_, id) => 4 * random.uniform() + (bias.get(id) ?? 0)),
    10_000,
  );
  const options = { jsonSchema: schema as never, temperature: 2, topK: 0, topP: 1, minP: 0, seed, maxTokens };
  const settings = resolveSettings(options, pieces.length);
  let text = "";
  for await (const token of generateText(source, { prompt: [0], settings, endOfTextIds: [end], tokenizer }))
    text += token.text;
  return text;
}

export interface Tally {
  valid: number;
  /** Schemas that allow nothing, or too little room. */
  refused: number;
}

/** Draws schemas, and checks samples of each. */
export async function checkSchemas(first: number, count: number, samples: number): Promise<Tally> {
  const tally = { valid: 0, refused: 0 };
  for (let number = first; number < first + count; number++) {
    const schema = new SchemaDrawer(new Random(number)).draw(3);
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    (ajvFormats as unknown as (ajv: Ajv2020) => void)(ajv);
    const validate = ajv.compile(schema as object);
    try {
      new Constraint(schemaGrammar(schema), "the JSON schema");
    } catch (error) {
      expect(error, JSON.stringify(schema)).toBeInstanceOf(GptError);
      tally.refused++;
      continue;
    }
    for (let seed = 0; seed < samples; seed++) {
      const text = await sampleOf(schema as object, seed, seed % 2 === 0 ? 120 : 600).catch(
        (error: Error) => error,
      );
      if (text instanceof Error) {
        expect(text.message, JSON.stringify(schema)).toContain(
          "the shortest text that the grammar allows has",
        );
        continue;
      }
      const value: unknown = JSON.parse(text);
      expect(validate(value), `${JSON.stringify(schema)}\n${text}\n${JSON.stringify(validate.errors)}`).toBe(
        true,
      );
      tally.valid++;
    }
  }
  return tally;
}
