/** What a machine remembers of a text: the rules under way. */

/** One rule under way, with the rules that wait for its end below it. */
export class Frame {
  readonly id: number;
  readonly node: number;
  /** Of a repetition: how many times are over. */
  readonly count: number;
  /** Undefined at the end of the whole text. */
  readonly below: Frame | undefined;
  /** The fewest bytes to the end of the whole text. */
  readonly cost: number;
  /** Frames that stand on this one, by node and count. */
  readonly above = new Map<number, Frame>();

  constructor(id: number, node: number, count: number, below: Frame | undefined, cost: number) {
    this.id = id;
    this.node = node;
    this.count = count;
    this.below = below;
    this.cost = cost;
  }
}

export interface State {
  /** The top of each stack. */
  readonly frames: readonly Frame[];
  /** The frames that take a byte. */
  readonly takers: readonly Frame[];
  /** Whether the text may end here. */
  readonly accepts: boolean;
  /** The fewest bytes to the end of the text. */
  readonly cost: number;
  /** The known states after each class of bytes; null where none follows. */
  readonly next: (State | null | undefined)[];
}
