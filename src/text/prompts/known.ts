/** Templates that come with the program. Each answer is one line. */
import type { PromptTemplate } from "./template.ts";

const pairs = (...rows: readonly (readonly [input: string, output: string])[]) =>
  rows.map(([input, output]) => ({ input, output }));

const oneLine = { stop: ["\n"], maxTokens: 60 } as const;

export const knownTemplates: Readonly<Record<string, PromptTemplate>> = {
  translate: {
    describe: "English to French",
    format: "English: {input}\nFrench: {output}\n\n",
    shots: pairs(
      ["Where is the station?", "Où est la gare ?"],
      ["I would like a cup of tea.", "Je voudrais une tasse de thé."],
      ["The children play in the garden.", "Les enfants jouent dans le jardin."],
    ),
    ...oneLine,
  },
  summarize: {
    describe: "A text in one sentence",
    format: "Text: {input}\nSummary: {output}\n\n",
    shots: pairs(
      [
        "The bakery on Mill Street closed on Friday after forty years. Its owner retires, and no buyer was found.",
        "A bakery closed after forty years because its owner retires and nobody bought it.",
      ],
      [
        "Heavy rain flooded the lower town on Monday night. Firemen pumped water out of thirty cellars until dawn.",
        "Rain flooded the lower town, and firemen emptied thirty cellars.",
      ],
    ),
    ...oneLine,
  },
  sentiment: {
    describe: "Whether a text is positive or negative",
    format: "Review: {input}\nSentiment: {output}\n\n",
    shots: pairs(
      ["A charming film with a warm heart.", "positive"],
      ["Two hours that I will never get back.", "negative"],
      ["The acting is superb and the story moves.", "positive"],
      ["Dull, slow and far too long.", "negative"],
    ),
    ...oneLine,
    maxTokens: 5,
  },
  answer: {
    describe: "A short answer to a question",
    format: "Question: {input}\nAnswer: {output}\n\n",
    shots: pairs(
      ["What is the capital of Italy?", "Rome"],
      ["How many legs does a spider have?", "eight"],
      ["Who wrote Hamlet?", "William Shakespeare"],
    ),
    ...oneLine,
    maxTokens: 30,
  },
  extract: {
    describe: "People and places of a text, as JSON",
    format: "Text: {input}\nJSON: {output}\n\n",
    shots: pairs(
      ["Anna met Ben in Paris.", '{"people": ["Anna", "Ben"], "places": ["Paris"]}'],
      ["It rains in Oslo and in Bergen.", '{"people": [], "places": ["Oslo", "Bergen"]}'],
      ["Mr. Cole wrote to his aunt May.", '{"people": ["Mr. Cole", "May"], "places": []}'],
    ),
    ...oneLine,
  },
};
