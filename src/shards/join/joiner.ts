/** Files of parts -> the bytes of the whole. */

/** @param paths of the parts, in their order */
export type Joiner = (paths: readonly string[]) => AsyncGenerator<Uint8Array, void, void>;
