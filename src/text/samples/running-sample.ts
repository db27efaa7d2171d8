/** A sample under way. It runs to its end whether its pieces are read or not. */
import type { SessionPool } from "../../engine/session-pool.ts";
import type { GeneratedToken } from "../../generate/options/options.ts";
import type { Session, TextModel } from "../text-model.ts";
import { Channel } from "./channel.ts";
import { type Sample, type SampleRequest, takeSample } from "./sample.ts";

/** Text that is certain: the echoed prompt, which has no token, or the text of a token. */
export type Piece = readonly [text: string, token?: GeneratedToken];

export class RunningSample {
  readonly promptIds: readonly number[];
  /** For one reader. */
  readonly pieces = new Channel<Piece>();
  /** Settles at the end. */
  readonly sample: Promise<Sample>;
  readonly #contextSize: number;
  #session: Session | undefined;
  #tokens = 0;

  constructor(model: TextModel, pool: SessionPool<Session>, request: SampleRequest) {
    this.promptIds = request.promptIds;
    this.#contextSize = model.contextSize;
    this.sample = pool.use(request.promptIds, async (session, onRead) => {
      this.#session = session;
      const onText = async (...piece: Piece) => {
        if (piece[1] !== undefined && this.#tokens++ === 0) onRead();
        this.pieces.push(piece);
      };
      return takeSample(model, { ...request, session }, onText);
    });
    const end = () => this.pieces.end();
    this.sample.then(end, end);
  }

  /** The share of the prompt that is read, from 0 to 1, as long as there is no token. */
  get readShare(): number {
    const length = Math.min(this.promptIds.length, this.#contextSize);
    return Math.min(1, (this.#session?.filled ?? 0) / length);
  }

  /** Tokens so far. */
  get tokens(): number {
    return this.#tokens;
  }
}
