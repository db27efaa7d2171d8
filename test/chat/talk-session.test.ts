import { expect, it } from "vitest";
import { TalkSession } from "../../src/chat/talk-session.ts";
import { load } from "../engine/golden/models.ts";
import { pathOf } from "../engine/golden/table.ts";
import { TestRandom } from "../reference/random.ts";
import { describeWithShared } from "../shared.ts";

const random = new TestRandom(5);
const idsOf = (count: number) => Array.from({ length: count }, () => random.integer(131));

describeWithShared("the session of a conversation", () => {
  it.each([
    ["gpt_oss", 1000, true],
    ["llama", 64, false],
  ])(
    "goes back to the end of the last prompt without running it again: %s",
    async (name, contextSize, forgets) => {
      const model = await load(pathOf(name), { simd: "plain", threads: 2, contextSize });
      const talk = new TalkSession(model);
      const [prompt, thought, more] = [0.3, 0.4, 0.02].map((share) =>
        idsOf(Math.ceil(share * contextSize)),
      ) as [number[], number[], number[]];
      const first = await talk.for(prompt);
      await first.append(prompt);
      talk.keepPrompt(prompt.length);
      await first.append(thought);
      const next = [...prompt, ...more];
      const second = await talk.for(next);
      expect(second === first).toBe(!forgets);
      second.truncate(prompt.length);
      expect(second.filled).toBe(prompt.length);
      const logits = await second.append(more);
      const fresh = model.createSession();
      expect(logits).toEqual(await fresh.append(next));
      // A prompt that begins otherwise takes the session that is there.
      talk.keepPrompt(next.length);
      expect(await talk.for(idsOf(10))).toBe(second);
      await talk.close();
      await model.close();
    },
  );
});
