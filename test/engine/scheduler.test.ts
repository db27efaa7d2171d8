/**
 * What sessions compute does not depend on what runs beside them: sequences of calls that fast-check makes
 * up.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openCheckpoint } from "../../src/checkpoint/open.ts";
import { Runtime } from "../../src/compute/runtime.ts";
import { Model } from "../../src/engine/model.ts";
import type { Session } from "../../src/engine/session.ts";
import { parseModel } from "../../src/families/parse.ts";
import { writeRandomDirectory } from "../fixtures/random-checkpoint.ts";
import { llama } from "../fixtures/stored-config.ts";
import { temporaryFolder } from "../fixtures/temporary.ts";

const file = temporaryFolder();
const size = {
  nLayer: 1,
  nEmbd: 16,
  nHead: 2,
  nKvHead: 1,
  headDim: 8,
  nInner: 24,
  vocabSize: 29,
  nPositions: 512,
};
let model: Model;

beforeAll(async () => {
  writeRandomDirectory(file("model"), { ...llama, ...size });
  const checkpoint = await openCheckpoint(file("model"));
  model = await Model.load(checkpoint, await parseModel(checkpoint), { simd: "plain", threads: 2 });
  await alone([1]); // the memory of a pass stays
});
afterAll(() => model.close());

/** What one session does after another. */
type Action =
  | { readonly kind: "append"; readonly ids: readonly number[]; readonly every: boolean }
  /** An append that is aborted after some turns of the event loop. */
  | { readonly kind: "abort"; readonly ids: readonly number[]; readonly turns: number }
  /** Forgets a share of what is held. */
  | { readonly kind: "truncate"; readonly share: number }
  /** Goes on in a fork. */
  | { readonly kind: "fork" }
  | { readonly kind: "wait" };

const ids = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.nat(size.vocabSize - 1), { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.nat(size.vocabSize - 1), { minLength: 1, maxLength: 180 }) },
);
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant("append" as const), ids, every: fc.boolean() }),
  fc.record({ kind: fc.constant("abort" as const), ids, turns: fc.nat(3) }),
  fc.record({ kind: fc.constant("truncate" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant("fork" as const) }),
  fc.record({ kind: fc.constant("wait" as const) }),
);
const program = fc.array(action, { minLength: 1, maxLength: 6 });

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Runs a program; after each append, the ids held and the logits after the last of them. */
async function run(program: readonly Action[]): Promise<[number[], Float32Array][]> {
  const sessions: Session[] = [model.createSession()];
  const seen: [number[], Float32Array][] = [];
  let session = sessions[0] as Session;
  for (const step of program) {
    const room = model.contextSize - session.length;
    if (step.kind === "append" && step.ids.length <= room) {
      const logits = await session.append(step.ids, { every: step.every });
      seen.push([[...session.ids], logits.slice(-size.vocabSize)]);
    }
    if (step.kind === "abort" && step.ids.length <= room) {
      const before = [...session.ids];
      const controller = new AbortController();
      const append = session.append(step.ids, { signal: controller.signal }).then(
        () => [...before, ...step.ids],
        () => before,
      );
      for (let i = 0; i < step.turns; i++) await turn();
      controller.abort();
      expect(await append).toEqual(session.ids);
    }
    if (step.kind === "truncate") session.truncate(Math.floor(step.share * session.length));
    if (step.kind === "wait") await turn();
    if (step.kind === "fork") {
      session = session.fork();
      sessions.push(session);
    }
  }
  await Promise.all(sessions.map((session) => session.close()));
  return seen;
}

/** The logits after ids, by a session alone, all ids at once. */
async function alone(ids: readonly number[]): Promise<Float32Array> {
  const session = model.createSession();
  const logits = await session.append(ids);
  await session.close();
  return logits;
}

it("any programs beside each other compute what each session computes alone, and free what they take", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(program, { minLength: 1, maxLength: 4 }), async (programs) => {
      const { allocated } = Runtime.get("plain").memory;
      const seen = (await Promise.all(programs.map(run))).flat();
      expect(Runtime.get("plain").memory.allocated).toBe(allocated);
      for (const [held, logits] of seen) expect(logits).toEqual(await alone(held));
    }),
    { numRuns: 60, seed: 1 },
  );
});
