/** The lines of JSON that the parts of a run hold. */
import { GptError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../files/json.ts";
import { lineText, splitLines } from "../files/lines.ts";
import { bytesOf } from "../shards/join/lines.ts";

/** @throws GptError `invalid-file` for a line that is not JSON */
export async function* joinedLines(paths: readonly string[]): AsyncGenerator<JsonObject, void, void> {
  for (const path of paths) {
    for await (const line of splitLines(bytesOf(path))) yield parsed(path, lineText(line, path));
  }
}

function parsed(path: string, text: string): JsonObject {
  try {
    const line = JSON.parse(text);
    return isJsonObject(line) ? line : {};
  } catch (error) {
    throw new GptError("invalid-file", `${path}: holds a line that is not JSON: run its shard again`, {
      cause: error,
    });
  }
}
