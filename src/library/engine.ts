/** The part of a language model that computes: token ids in, logits out. */
import type { Model } from "../engine/model.ts";
import type { Session } from "../text/text-model.ts";

/** The loaded weights, which compute. */
export interface Engine
  extends Pick<Model, "config" | "contextSize" | "kvShape" | "banks" | "simd" | "threads" | "close"> {
  createSession(): Session;
}
