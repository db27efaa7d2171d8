/** A sample that is being taken, whether somebody reads along or not. */
import type { GeneratedToken } from "../../../generate/options/options.ts";
import type { LanguageModel } from "../../../library/language-model.ts";
import { Channel } from "../../channel.ts";
import { type Sample, type SampleRequest, takeSample } from "./sample.ts";
import type { SessionPool } from "./session-pool.ts";

/** A text as it becomes certain: an echoed prompt, which has no token, or that of a token. */
export type Piece = readonly [text: string, token?: GeneratedToken];

export class RunningSample {
  readonly promptIds: readonly number[];
  /** For one reader. */
  readonly pieces = new Channel<Piece>();
  /** Settles at the end. */
  readonly sample: Promise<Sample>;
  #tokens = 0;

  constructor(model: LanguageModel, pool: SessionPool, request: SampleRequest) {
    this.promptIds = request.promptIds;
    this.sample = pool.use(request.promptIds, async (session, onRead) => {
      const onText = async (...piece: Piece) => {
        if (piece[1] !== undefined && this.#tokens++ === 0) onRead();
        this.pieces.push(piece);
      };
      return takeSample(model, { ...request, session }, onText);
    });
    const end = () => this.pieces.end();
    this.sample.then(end, end);
  }

  /** Tokens so far. */
  get tokens(): number {
    return this.#tokens;
  }
}
