/**
 * The form that a request asks of the answer's text, as options of a grammar. What cannot be kept is refused,
 * with the place in the schema, before anything is run.
 */
import type { JsonSchema } from "../constrain/notations/json-schema/keywords.ts";
import { constraintIn } from "../constrain/notations/table.ts";
import { GptError } from "../errors.ts";
import { isJsonObject } from "../files/json.ts";
import type { GenerateOptions } from "../generate/options/options.ts";
import type { RequestFields } from "./http/fields.ts";
import { RequestError } from "./http/request-error.ts";

const ANY_OBJECT: JsonSchema = { type: "object" };

/** OpenAI's `response_format`, or what llama.cpp's server takes beside it. */
export function requestedForm(fields: RequestFields): GenerateOptions {
  const [format, own] = [responseFormat(fields), llamaForm(fields)];
  if (Object.keys(format).length === 0) return own;
  if (Object.keys(own).length === 0) return format;
  throw fields.wrong("response_format", "no grammar or json_schema beside it");
}

/**
 * OpenAI's `{"type": "json_schema", "json_schema": {"schema": {..}}}`; `json_object` may have a schema too.
 */
function responseFormat(fields: RequestFields): GenerateOptions {
  const format = fields.object("response_format");
  if (format === undefined) return {};
  switch (format.text("type") ?? "text") {
    case "text":
      return {};
    case "json_object":
      return schemaOf(format, "schema", ANY_OBJECT);
    case "json_schema": {
      const named = format.object("json_schema");
      named?.pass("name", "strict", "description");
      if (named !== undefined) return schemaOf(named, "schema");
    }
  }
  throw format.wrong("type", "text, json_object, or json_schema with a json_schema");
}

/** The same in the Responses API: `{"format": {"type": "json_schema", "schema": {..}}}`. */
export function textFormat(text: RequestFields | undefined): GenerateOptions {
  const format = text?.object("format");
  text?.pass("verbosity");
  format?.pass("name", "strict", "description");
  switch (format?.text("type") ?? "text") {
    case "text":
      return {};
    case "json_object":
      return { jsonSchema: ANY_OBJECT };
    case "json_schema":
      if (format !== undefined) return schemaOf(format, "schema");
  }
  throw (format as RequestFields).wrong("type", "text, json_object or json_schema");
}

/** Anthropic's `{"type": "json_schema", "schema": {..}}`, as `output_format` or `output_config.format`. */
export function outputFormat(fields: RequestFields): GenerateOptions {
  const format = fields.object("output_format") ?? fields.object("output_config")?.object("format");
  if (format === undefined) return {};
  if (format.text("type") === "json_schema") return schemaOf(format, "schema");
  throw format.wrong("type", "json_schema");
}

/** Ollama's `"json"`, or a schema. */
export function ollamaFormat(fields: RequestFields): GenerateOptions {
  const format = fields.value("format");
  if (format === undefined || format === "") return {};
  return format === "json" ? { jsonSchema: ANY_OBJECT } : schemaOf(fields, "format");
}

/** llama.cpp's `grammar`, a text in GBNF, and `json_schema`. */
export function llamaForm(fields: RequestFields): GenerateOptions {
  const grammar = fields.text("grammar") || undefined;
  const schema = fields.value("json_schema");
  if (schema !== undefined && schema !== "") {
    if (grammar !== undefined) throw fields.wrong("grammar", "no grammar beside json_schema");
    return schemaOf(fields, "json_schema");
  }
  if (grammar === undefined) return {};
  compiled("grammar", "grammar", () => constraintIn("grammar", grammar));
  return { grammar };
}

function schemaOf(fields: RequestFields, name: string, otherwise?: JsonSchema): GenerateOptions {
  const schema = fields.value(name) ?? otherwise;
  if (typeof schema !== "boolean" && !isJsonObject(schema)) throw fields.wrong(name, "a JSON schema");
  compiled(name, name, () => constraintIn("jsonSchema", schema));
  return { jsonSchema: schema };
}

/**
 * @throws RequestError 400 for a grammar that is none or not supported.
 *
 * @param place in the field, for errors
 */
export function compiled<T>(param: string, place: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    throw new RequestError(400, `${place}: ${error.message}`, { param, code: "unsupported_value" });
  }
}
