/** Writers of samples: as text, while it comes or once it is complete, or as lines of JSON. */
import type { GeneratedToken } from "../../../generate/options/options.ts";
import { sampleRecord } from "../../../text/samples/record.ts";
import type { Sample } from "../../../text/samples/sample.ts";
import type { Output } from "../../terminal/output.ts";
import type { Style } from "../../terminal/style.ts";
import type { LoadedModel } from "./loaded-model.ts";

export interface SampleWriter {
  /** Whether text is written as it comes. */
  readonly isLive: boolean;
  /** Takes text: a prompt, which has no token, or that of a token. */
  add(text: string, token?: GeneratedToken): Promise<void>;
  /** Takes the end of a sample. */
  end(sample: Sample): Promise<void>;
  /** Called after the last sample. */
  finish?(): Promise<void>;
}

/** A line for each sample, the first with the manifest. */
export function jsonWriter(output: Output, loaded: LoadedModel, manifest?: object): SampleWriter {
  let first = true;
  return {
    isLive: false,
    add: async () => {},
    async end(sample) {
      const record = sampleRecord(sample, loaded);
      await output.writeJson(first && manifest ? { ...record, manifest } : record);
      first = false;
    },
  };
}

/** Samples are kept apart by a line `---`. */
export class TextWriter implements SampleWriter {
  readonly isLive: boolean;
  readonly #output: Output;
  readonly #style: Style;
  #held: (readonly [text: string, token: GeneratedToken | undefined])[] = [];
  #tokens = 0;
  /** Set at the end of a sample: another one is told apart from it. */
  #separator = "";

  constructor(output: Output, style: Style, isLive: boolean) {
    this.#output = output;
    this.#style = style;
    this.isLive = isLive;
  }

  async add(text: string, token?: GeneratedToken): Promise<void> {
    if (this.isLive) await this.#write(text, token);
    else this.#held.push([text, token]);
  }

  async end(): Promise<void> {
    await this.#separate();
    for (const [text, token] of this.#held) await this.#write(text, token);
    this.#held = [];
    await this.#output.endLine();
    this.#separator = "---\n";
  }

  async #write(text: string, token: GeneratedToken | undefined): Promise<void> {
    await this.#separate();
    await this.#output.write(text, (printable) => this.#paint(printable, token));
  }

  async #separate(): Promise<void> {
    const separator = this.#separator;
    this.#separator = "";
    await this.#output.write(separator, this.#style.dim);
  }

  /** A prompt is dim. A token has the colour of its probability, if --logprobs asks for it. */
  #paint(text: string, token: GeneratedToken | undefined): string {
    if (token === undefined) return this.#style.dim(text);
    if (token.logprobs === undefined) return text;
    return this.#style.scale(Math.exp(token.logprobs.logprob), text, this.#tokens++);
  }
}

/** A legend of the colours of tokens. */
export const legend = (style: Style): string =>
  `probability ${[...Array(10).keys()].map((i) => style.scale((i + 0.5) / 10, ` ${10 * i}% `, 0)).join("")}`;
