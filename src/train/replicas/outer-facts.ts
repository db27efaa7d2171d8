/** What an outer state says beside its tensors, in the metadata of its file. */
import { readSafetensorsMetadata } from "../../checkpoint/safetensors.ts";
import { GptError } from "../../errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../files/json.ts";

export interface OuterFacts {
  /** Steps of the run before it. */
  readonly steps: number;
  /** Settings that all replicas have alike, by their flags. */
  readonly common: JsonObject;
}

export const metadataOf = ({ steps, common }: OuterFacts): Record<string, string> => ({
  ...{ format: "pt", steps: String(steps) },
  common: JSON.stringify(common),
});

/** @throws GptError `not-found` for a missing file, `invalid-file` for one of other facts */
export async function factsOf(path: string): Promise<OuterFacts> {
  const { steps, common } = await readSafetensorsMetadata(path);
  const settings = typeof common === "string" ? objectIn(common) : undefined;
  if (settings && typeof steps === "string" && /^\d{1,15}$/.test(steps)) {
    return { steps: Number(steps), common: settings };
  }
  throw new GptError("invalid-file", `${path}: its metadata are not those of an outer state`);
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
