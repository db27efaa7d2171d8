/** Finds the family of a checkpoint. */
import type { Checkpoint, GgufCheckpoint, HuggingFaceCheckpoint } from "../checkpoint/checkpoint.ts";
import { related } from "../checks/closest.ts";
import { CLASS_SUFFIX } from "./class-names.ts";
import type { Family } from "./family.ts";
import { Fields } from "./fields.ts";
import { FAMILIES } from "./registry.ts";

/** @throws GptError `invalid-file` for an unknown family */
export const familyOf = (checkpoint: Checkpoint): Family =>
  checkpoint.format === "gguf" ? familyOfGguf(checkpoint) : familyOfDirectory(checkpoint);

/** @param name of a family in the registry */
export function familyNamed(name: string): Family {
  const family = FAMILIES.find((family) => family.name === name);
  if (family === undefined) throw new Error(`no family is named ${name}`);
  return family;
}

/** Class of the tokenizer of a model type, or the type itself if its family has none. */
export const tokenizerClassOf = (modelType: string): string =>
  FAMILIES.find(({ name }) => name === modelType)?.tokenizerClass ?? modelType;

function familyOfGguf(checkpoint: GgufCheckpoint): Family {
  const fields = Fields.ofMetadata(checkpoint, "general.");
  const name = fields.text("architecture", "");
  const known = FAMILIES.filter(({ architecture }) => architecture !== undefined);
  const named = known.filter(({ architecture }) => architecture === name);
  const metadata = Fields.ofMetadata(checkpoint, `${name}.`);
  const isMarked = ({ ggufMark }: Family) =>
    ggufMark !== undefined && !metadata.is(ggufMark, 0) && metadata.has(ggufMark);
  const family = named.find(isMarked) ?? named.find(({ ggufMark }) => ggufMark === undefined);
  if (family !== undefined) return family;
  throw fields.wrong(
    "architecture",
    expected(name, [...new Set(known.map(({ architecture = "" }) => architecture))]),
  );
}

function familyOfDirectory(checkpoint: HuggingFaceCheckpoint): Family {
  const fields = Fields.ofConfig(checkpoint);
  const family = FAMILIES.find(matcher(fields));
  if (family !== undefined) return family;
  const type = fields.value("model_type");
  const supported = expected(
    typeof type === "string" ? type : "",
    FAMILIES.map(({ name }) => name),
  );
  if (fields.has("architectures") && !fields.has("model_type")) {
    throw fields.wrong("architectures", `and model_type is missing, ${supported}`);
  }
  throw fields.wrong("model_type", supported);
}

/** Names in a message. */
const NAMED = 8;

/** Names those of the known names that are near to a wrong one, else the first. */
function expected(wrong: string, known: readonly string[]): string {
  const near = related(wrong, known);
  if (near.length > 0) return `which is not supported: the nearest are ${near.join(", ")}`;
  const others = known.length - NAMED;
  const more = others > 0 ? ` or ${others} others that docs/models.md lists` : "";
  return `expected one of ${known.slice(0, NAMED).join(", ")}${more}`;
}

/** By `model_type`, else by the class in `architectures`, else by fields that only one family has. */
function matcher(fields: Fields): (family: Family) => boolean {
  if (fields.has("model_type")) {
    const type = fields.text("model_type", "");
    return ({ name }) => name === type;
  }
  if (fields.has("architectures")) {
    const [name] = fields.list("architectures");
    const begin = typeof name === "string" ? name.replace(CLASS_SUFFIX, "") : "";
    return ({ className }) => className === begin;
  }
  return ({ signature }) => signature?.every((name) => fields.has(name)) ?? false;
}
