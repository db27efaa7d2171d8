import { describe, expect, it } from "vitest";
import { Conversation, type Listener } from "../../src/chat/conversation.ts";
import { GptError } from "../../src/errors.ts";
import type { GenerateOptions } from "../../src/generate/options/options.ts";
import { rejectionOf } from "../fixtures/errors.ts";
import {
  a,
  bos,
  cat,
  comma,
  dog,
  end,
  fullStop,
  greedy,
  once,
  scriptedModel,
  the,
  time,
  upon,
  x,
} from "./scripted-model.ts";

class Reader implements Listener {
  readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  text = "";

  async onText(text: string): Promise<void> {
    this.text += text;
  }
}

function begin(options: GenerateOptions = {}, contextSize?: number) {
  const { engine, model } = scriptedModel(contextSize);
  return { engine, conversation: new Conversation(model, { ...greedy, ...options }), reader: new Reader() };
}

describe("Conversation.say", () => {
  it("appends what is typed and what the model goes on with", async () => {
    const { conversation, reader } = begin();
    const sample = await conversation.say("Once", reader);
    expect(reader.text).toBe(" upon a time");
    expect(sample.text).toBe(reader.text);
    await conversation.say("", reader);
    expect(conversation.text).toBe("Once upon a time, the dog");
    expect(conversation.transcript.turns).toEqual([
      { typed: [once], answer: [upon, a, time] },
      { typed: [], answer: [comma, the, dog] },
    ]);
  });

  it("runs nothing twice", async () => {
    const { conversation, reader, engine } = begin();
    await conversation.say("Once", reader);
    await conversation.say("x", reader);
    const [session] = engine.sessions;
    expect(engine.sessions).toHaveLength(1);
    expect(session?.appended.flat()).toEqual([once, upon, a, time, x, x, x]);
    expect(conversation.cache).toEqual({ positions: 7, bytes: expect.any(Number) });
    await conversation[Symbol.asyncDispose]();
    expect(session?.closed).toBe(true);
  });

  it("begins a text of nothing where the model can", async () => {
    const { conversation, reader } = begin();
    await conversation.say("", reader);
    expect(conversation.transcript.turns).toEqual([{ typed: [bos], answer: [once, upon, a] }]);
  });

  it("counts the seeds up", async () => {
    const { conversation, reader } = begin({ seed: 2 ** 32 - 1 });
    expect((await conversation.say("Once", reader)).seed).toBe(2 ** 32 - 1);
    expect((await conversation.regenerate(reader)).seed).toBe(0);
    conversation.options = { ...conversation.options, seed: 7 };
    expect((await conversation.say("", reader)).seed).toBe(7);
    conversation.options = greedy;
    expect(conversation.options.seed).toBe(5);
  });

  it("leaves a stop text out of the text that goes on", async () => {
    const { conversation, reader } = begin({ stop: ["n a"] });
    const sample = await conversation.say("Once", reader);
    expect(sample).toMatchObject({ finishReason: "stop", text: " upo" });
    expect(conversation.text).toBe("Once upo");
  });

  it("keeps what was written when it is stopped", async () => {
    const { conversation, reader } = begin({ maxTokens: 50 });
    const sample = await conversation.say("x", {
      signal: reader.signal,
      onText: async (text) => {
        await reader.onText(text);
        if (reader.text === "xxxx") reader.controller.abort();
      },
    });
    expect(sample.finishReason).toBe("interrupted");
    expect(conversation.text).toBe("xxxxx");
  });

  it("refuses what the context cannot hold, and forgets it", async () => {
    const { conversation, reader } = begin({}, 5);
    await conversation.say("xxx", reader);
    expect(conversation.text).toBe("xxxxxx");
    const error = await rejectionOf(conversation.say("", reader));
    expect(error.code).toBe("resource");
    expect(error.message).toMatch(
      /^the text has 6 tokens with this, the context holds 5: \/back N or \/clear/,
    );
    expect(conversation.transcript.turns).toHaveLength(1);
    conversation.options = { ...conversation.options, overflow: "shift" };
    expect(await conversation.say("", reader)).toMatchObject({ text: "xxx" });
  });

  it("resolves the options of each answer, and appends nothing if they are refused", async () => {
    const refuse = () => {
      throw new GptError("usage", "length-penalty 2 does not go with beams 1");
    };
    const conversation = new Conversation(scriptedModel().model, { lengthPenalty: 2 }, refuse);
    const error = await rejectionOf(conversation.say("Once", new Reader()));
    expect(error.message).toBe("length-penalty 2 does not go with beams 1");
    expect(conversation.transcript.turns).toEqual([]);
  });
});

describe("Conversation.regenerate", () => {
  it("writes another answer for the last turn", async () => {
    const { conversation, reader } = begin({ temperature: 1, topK: 0, minP: 0, topP: 1 });
    await conversation.say("Once upon a time, the", reader);
    const answers = new Set<string>();
    for (let i = 0; i < 20; i++) answers.add((await conversation.regenerate(reader)).text);
    expect([...answers].sort()).toEqual([" cat sat.", " dog sat."]);
    expect(conversation.transcript.turns).toHaveLength(1);
  });

  it("needs a turn, and keeps the old answer where it fails", async () => {
    const { conversation, reader } = begin();
    await expect(conversation.regenerate(reader)).rejects.toThrow("there is no turn yet");
    await conversation.say("Once", reader);
    conversation.options = { ...conversation.options, logitBias: new Map([[1000, 1]]) };
    await expect(conversation.regenerate(reader)).rejects.toThrow("logitBias names token 1000");
    expect(conversation.text).toBe("Once upon a time");
  });
});

describe("Conversation.likeliest", () => {
  it("tells the next tokens by the model alone, the end among them", async () => {
    const { conversation, reader } = begin({ logitBias: new Map([[dog, -100]]) });
    await conversation.say("Once upon a time, the", {
      ...reader,
      onText: async () => {},
      signal: reader.signal,
    });
    conversation.transcript.back(3);
    const top = await conversation.likeliest(reader.signal);
    expect(top).toHaveLength(10);
    expect(top.slice(0, 2).map(({ id }) => id)).toEqual([dog, cat]);
    expect(Math.exp(top[0]?.logprob ?? 0)).toBeCloseTo(0.5, 3);
    conversation.restore([{ typed: [fullStop], answer: [] }]);
    expect((await conversation.likeliest(reader.signal))[0]?.id).toBe(end);
  });

  it("needs a text", async () => {
    const { conversation, reader } = begin();
    await expect(conversation.likeliest(reader.signal)).rejects.toThrow("there is no text yet");
  });
});
