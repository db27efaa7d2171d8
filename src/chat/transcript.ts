/**
 * The text of a conversation as token ids, in turns: the ids that the person typed, and those of the answer.
 */
import { GptError } from "../errors.ts";

export interface Turn {
  readonly typed: readonly number[];
  readonly answer: readonly number[];
}

export class Transcript {
  #turns: Turn[];

  constructor(turns: readonly Turn[] = []) {
    this.#turns = [...turns];
  }

  get turns(): readonly Turn[] {
    return this.#turns;
  }

  /** The whole text, oldest first. */
  get ids(): readonly number[] {
    return this.#turns.flatMap(({ typed, answer }) => [...typed, ...answer]);
  }

  add(turn: Turn): void {
    this.#turns.push(turn);
  }

  /** Takes back the last turn and returns it. @throws GptError `usage` if there is none */
  undo(): Turn {
    const turn = this.#turns.pop();
    if (turn === undefined) throw new GptError("usage", "there is no turn yet: type the beginning of a text");
    return turn;
  }

  /**
   * Takes back the last tokens, typed ones and generated ones.
   *
   * @throws GptError `usage` if the text has fewer
   */
  back(count: number): void {
    const { length } = this.ids;
    if (count > length)
      throw new GptError("usage", `the text has ${length} tokens, ${count} cannot be taken back`);
    for (let left = count; left > 0; ) {
      const { typed, answer } = this.undo();
      const kept = Math.max(0, typed.length + answer.length - left);
      left -= typed.length + answer.length - kept;
      if (kept === 0) continue;
      this.add({ typed: typed.slice(0, kept), answer: answer.slice(0, Math.max(0, kept - typed.length)) });
    }
  }
}
