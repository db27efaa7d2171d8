/** An observer of a run that shows nothing. */
import type { TrainingObserver } from "../../../src/train/run/observer.ts";

const ignore = () => {};

export const quiet: TrainingObserver = {
  preparing: ignore,
  tokenized: ignore,
  sized: ignore,
  dropped: ignore,
  truncated: ignore,
  unvalidated: ignore,
  prepared: ignore,
  begins: ignore,
  stepped: ignore,
  evaluated: ignore,
  sampled: ignore,
  saved: ignore,
  interrupted: ignore,
  failed: ignore,
  waits: ignore,
  exchanged: ignore,
  joined: ignore,
};
