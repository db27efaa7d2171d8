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
  /** What was piped in. */
  readonly stdin: string | undefined;
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
  const { command, directory, stdin } = isJsonObject(manifest) ? manifest : {};
  const isCommand = Array.isArray(command) && command.every((word) => typeof word === "string");
  if (!isJsonObject(manifest) || !isCommand || typeof directory !== "string") {
    throw new GptError(
      "invalid-file",
      `${path}: holds no result with a manifest, such as gpt eval --json and gpt generate --json --manifest write`,
    );
  }
  const again = commands[command[0] ?? ""];
  if (again === undefined) {
    const known = Object.keys(commands).join(" and gpt ");
    throw new GptError("invalid-file", `${path}: was made by gpt ${command[0]}: gpt ${known} are replayed`);
  }
  return {
    result: result as JsonValue,
    command: again(command as readonly string[], first as JsonObject),
    directory,
    manifest,
    stdin: typeof stdin === "string" ? stdin : undefined,
  };
}

type Again = (command: readonly string[], first: JsonObject) => string[];

/** Verbs whose results are made again, and how. A replay writes no files. */
const commands: Readonly<Record<string, Again>> = {
  eval: (command) => [...withoutFiles(command, /^--json$/), "--json", "--quiet"],
  // A seed that was drawn is given now. The first words may end with `--`, and all after it is the prompt.
  generate: (command, first) => {
    const { parameters } = first.manifest as JsonObject;
    const isSeeded = isJsonObject(parameters) && parameters.seed !== undefined;
    const [, ...rest] = withoutFiles(command, undefined);
    const [sample] = Array.isArray(first.samples) ? first.samples : [first];
    const drawn = isJsonObject(sample) ? sample.seed : undefined;
    const seed = isSeeded || typeof drawn !== "number" ? [] : ["--seed", String(drawn)];
    return ["generate", "--quiet", ...seed, ...rest];
  },
};

/**
 * All of the file; all of its lines if the first has the manifest; or the last of its lines that has one. As
 * it is, or under `result`.
 */
function resultIn(text: string): unknown {
  const whole = parsed(text);
  if (whole !== undefined) return inner(whole);
  const lines = text.split("\n").filter((line) => line !== "");
  const first = parsed(lines[0] ?? "");
  if (isJsonObject(first) && "manifest" in first) return lines.map(parsed);
  return inner(parsed(lines.findLast((line) => line.includes('"manifest"')) ?? ""));
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

/** Words after `--` stay. @param other what goes too */
function withoutFiles(command: readonly string[], other: RegExp | undefined): string[] {
  const kept: string[] = [];
  for (let i = 0; i < command.length; i++) {
    const word = command[i] as string;
    if (word === "--") return [...kept, ...command.slice(i)];
    if (/^(?:-[a-zA-Z]*o|--output|--resume|--log[-_]samples)$/.test(word)) i++;
    else if (
      !/^(?:-[a-zA-Z]*o|--(?:output|resume|log[-_]samples)=|--quiet$|-q$)/.test(word) &&
      !other?.test(word)
    )
      kept.push(word);
  }
  return kept;
}
