/**
 * A session for tests that knows by heart what comes next: the ids of a script; second best is the id after.
 */
import { FakeSource } from "./fake-source.ts";

export class ScriptedSource extends FakeSource {
  /** @param script the likeliest id after each call of `append` */
  constructor(script: readonly number[], vocabSize: number, contextSize?: number) {
    const logitsOf = (_: readonly number[], call: number) => {
      const likeliest = script[call] ?? 0;
      return Array.from({ length: vocabSize }, (_, id) => -((id - likeliest + vocabSize) % vocabSize));
    };
    super(logitsOf, contextSize);
  }
}
