/** A result in a file, with the manifest that says how it was made. */
import { GptError } from "../../../errors.ts";
import { readText } from "../../../files/file.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../files/json.ts";

export interface RecordedRun {
  readonly result: JsonValue;
  /** Arguments of `gpt`. */
  readonly command: readonly string[];
  /** The folder that it ran in. */
  readonly directory: string;
  readonly manifest: JsonObject;
}

/**
 * @throws GptError `usage` without a file; `not-found`; `invalid-file` for one without a manifest, and for a
 *   command that measures nothing
 */
export async function recordedRun(path: string | undefined): Promise<RecordedRun> {
  if (path === undefined) throw new GptError("usage", "which result? gpt replay results.json");
  const result = resultIn(await readText(path));
  const [first] = [result].flat();
  const manifest = isJsonObject(first) ? first.manifest : undefined;
  const { command, directory } = isJsonObject(manifest) ? manifest : {};
  const isCommand = Array.isArray(command) && command.every((word) => typeof word === "string");
  if (!isJsonObject(manifest) || !isCommand || typeof directory !== "string") {
    throw new GptError(
      "invalid-file",
      `${path}: holds no result with a manifest, such as gpt eval --json writes`,
    );
  }
  if (command[0] !== "eval") {
    throw new GptError("invalid-file", `${path}: was made by gpt ${command[0]}: gpt eval is replayed only`);
  }
  return { result: result as JsonValue, command: withoutFiles(command), directory, manifest };
}

/** All of the file, or the last of its lines that has a manifest; as it is, or under `result`. */
function resultIn(text: string): unknown {
  const whole = parsed(text);
  if (whole !== undefined) return inner(whole);
  const lines = text.split("\n").filter((line) => line.includes('"manifest"'));
  return inner(parsed(lines.at(-1) ?? ""));
}

const inner = (value: unknown): unknown =>
  isJsonObject(value) && isJsonObject(value.result) ? value.result : value;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A replay writes no files, and its result is JSON. */
function withoutFiles(command: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < command.length; i++) {
    const word = command[i] as string;
    if (/^(?:-[a-zA-Z]*o|--output|--log[-_]samples)$/.test(word)) i++;
    else if (!/^(?:-[a-zA-Z]*o|--output=|--log[-_]samples=|--json$|--quiet$|-q$)/.test(word)) kept.push(word);
  }
  return [...kept, "--json", "--quiet"];
}
