/** An observer sees the result of weights that have a name, such as `blocks.3.attention.qkv`. */
export interface Named {
  readonly name?: string;
}
