/**
 * The functions that a model may call, in OpenAI's form: `{"type": "function", "function": {"name", ..}}`.
 */
import type { JsonSchema } from "../../constrain/notations/json-schema/keywords.ts";
import { isJsonObject, type JsonObject } from "../../files/json.ts";
import type { ExactJson } from "../jinja/values/json-values.ts";
import { jsonText } from "./json-calls.ts";

type Fields = ReadonlyMap<string, ExactJson>;

const fieldsOf = (value: ExactJson | undefined): Fields => (value instanceof Map ? value : new Map());

function withoutStrict(entry: ExactJson): ExactJson {
  if (!(entry instanceof Map)) return entry;
  const fields = [...entry].filter(([key]) => key !== "strict");
  return new Map(fields.map(([key, value]) => [key, key === "function" ? withoutStrict(value) : value]));
}

export class Tools {
  /** As templates take them: whether arguments are held to a schema is no part of the prompt. */
  readonly json: readonly ExactJson[];
  readonly #functions: ReadonlyMap<string, Fields>;

  /** @throws TypeError that says which entry is no function */
  constructor(json: readonly ExactJson[]) {
    this.json = json.map(withoutStrict);
    this.#functions = new Map(
      json.map((entry, index) => {
        const fields = fieldsOf(entry);
        const type = fields.get("type") ?? "function";
        // Hugging Face's users write the function alone.
        const own = fields.has("function") ? fieldsOf(fields.get("function")) : fields;
        const name = own.get("name");
        if (type === "function" && typeof name === "string" && /^[\w.-]{1,128}$/.test(name))
          return [name, own] as const;
        throw new TypeError(`a function with a name of letters, digits, - and _ at ${index}`);
      }),
    );
  }

  /** Functions whose calls keep the schema of their parameters: `"strict": true`. */
  get strict(): readonly string[] {
    return [...this.#functions].filter(([, own]) => own.get("strict") === true).map(([name]) => name);
  }

  get names(): ReadonlySet<string> {
    return new Set(this.#functions.keys());
  }

  /** The schema of a function's arguments; without one they are any object. */
  parametersOf(name: string): JsonSchema {
    const parameters = this.#functions.get(name)?.get("parameters");
    return parameters instanceof Map ? JSON.parse(jsonText(parameters)) : {};
  }

  /**
   * What a grammar holds the arguments to: beside strict functions others only keep the names of parameters.
   */
  heldParametersOf(name: string): JsonSchema {
    const whole = this.parametersOf(name);
    if (this.strict.includes(name) || !isJsonObject(whole)) return whole;
    const properties = isJsonObject(whole.properties) ? Object.keys(whole.properties) : [];
    const loose = (key: string): JsonObject => (this.takesText(name, key) ? { type: "string" } : {});
    return { properties: Object.fromEntries(properties.map((key) => [key, loose(key)])) };
  }

  /** Whether a parameter is a text by its schema. A function or parameter that is not known takes texts. */
  takesText(name: string, parameter: string): boolean {
    const parameters = fieldsOf(this.#functions.get(name)?.get("parameters"));
    const schema = fieldsOf(parameters.get("properties")).get(parameter);
    const type = fieldsOf(schema).get("type");
    return type === undefined ? schema === undefined : type === "string";
  }
}
