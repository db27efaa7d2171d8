/** Names of models on the Hugging Face hub: `OWNER/NAME`, `OWNER/NAME:Q4_K_M`, `OWNER/NAME@REVISION`. */
import { GptError } from "../errors.ts";
import { quote } from "../files/quote.ts";

export interface HubReference {
  /** `OWNER/NAME`. */
  readonly repository: string;
  /** Quantization of a GGUF file, such as `Q4_K_M`. */
  readonly quantization: string | undefined;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

export const MAIN = "main";

const PART = "[A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9_])?";
const REFERENCE = new RegExp(
  `^(?:hf\\.co/|https://huggingface\\.co/)?(${PART}/${PART})(?::([A-Za-z0-9_.-]+))?(?:@([\\w./-]+))?$`,
);

/** Undefined for a name that is none of the hub's. */
export function referenceOf(name: string): HubReference | undefined {
  const [, repository, quantization, revision = MAIN] = REFERENCE.exec(name) ?? [];
  if (repository === undefined || repository.endsWith(".gguf") || repository.includes("..")) return undefined;
  if (repository.includes("--") || revision.split("/").some((part) => part === "" || /^\.+$/.test(part))) {
    return undefined;
  }
  return { repository, quantization, revision };
}

/** @throws GptError `usage` for a name that is none of the hub's */
export function hubReference(name: string): HubReference {
  const reference = referenceOf(name);
  if (reference !== undefined) return reference;
  throw new GptError(
    "usage",
    `expected OWNER/NAME, OWNER/NAME:QUANT or OWNER/NAME@REVISION, found ${quote(name)}`,
  );
}

/** As it is typed. */
export const spelled = ({ repository, quantization, revision }: HubReference): string =>
  [
    repository,
    ...(quantization === undefined ? [] : [`:${quantization}`]),
    ...(revision === MAIN ? [] : [`@${revision}`]),
  ].join("");
