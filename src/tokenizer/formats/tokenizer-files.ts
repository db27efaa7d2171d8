/** A tokenizer as the files that Hugging Face's libraries, llama.cpp's converter and `loadTokenizer` read. */

import { GptError } from "../../errors.ts";
import type { JsonObject } from "../../files/json.ts";
import { JsonFields } from "../../files/json-fields.ts";
import { type TokenizerDescription, unknownOf } from "../description.ts";
import type { PipelineTokenizer } from "../pipeline-tokenizer.ts";
import type { Place } from "../template.ts";
import { addedTokenJson } from "./added-token.ts";
import { listOfMerges } from "./merge-lists.ts";
import { modelFormat } from "./models/models.ts";
import { byteLevel } from "./pipeline/pipelines.ts";
import { portableNormalizer } from "./pipeline/precompiled.ts";
import { PROBE } from "./probe.ts";
import { tokenizerConfig } from "./tokenizer-config.ts";
import { tokenizerFromJson } from "./tokenizer-json.ts";
import { vocabularyJson } from "./vocabulary-json.ts";

/** Entries of the files beside the tokenizer itself. */
export interface TokenizerExtras {
  /**
   * The class of Hugging Face's transformers that has this pipeline: vocab.json and merges.txt, which do not
   * say how texts are split, mean the same as tokenizer.json then. Undefined if there is no such class.
   */
  readonly className?: string | undefined;
  /** The template of chats. */
  readonly chatTemplate?: string | undefined;
}

/**
 * The content of each file by its name.
 *
 * @param path an error begins with it
 * @throws GptError `usage` for a tokenizer that the files cannot describe
 */
export function tokenizerFiles(
  path: string,
  tokenizer: PipelineTokenizer,
  { className, chatTemplate }: TokenizerExtras = {},
): ReadonlyMap<string, string> {
  const whole = tokenizerJson(tokenizer);
  const config = {
    ...configJson(tokenizer, className),
    ...(chatTemplate !== undefined && { chat_template: chatTemplate }),
  };
  const fields = (json: JsonObject) => new JsonFields(path, "", json);
  const again = tokenizerFromJson(fields(whole), tokenizerConfig(path, fields(config)));
  if (
    String(again.startIds) !== String(tokenizer.startIds) ||
    String(again.encode(PROBE)) !== String(tokenizer.encode(PROBE))
  ) {
    throw new GptError("usage", `${path}: tokenizer.json has no words for how its tokenizer encodes text`);
  }
  const files = new Map([
    ["tokenizer.json", text(whole)],
    ["tokenizer_config.json", text(config)],
    ["special_tokens_map.json", text(specialTokensMap(tokenizer.description))],
  ]);
  const { model, vocabulary } = tokenizer.description;
  if (className !== undefined && model.type === "BPE") {
    files.set("vocab.json", text(vocabularyJson(vocabulary)));
    files.set("merges.txt", ["#version: 0.2", ...listOfMerges(model.merges, vocabulary), ""].join("\n"));
  }
  return files;
}

const text = (value: JsonObject): string => `${JSON.stringify(value, null, 2)}\n`;

function tokenizerJson(tokenizer: PipelineTokenizer): JsonObject {
  const { description } = tokenizer;
  const { addedTokens, model, pipeline, vocabulary } = description;
  const part = (name: string) => pipeline.get(name) ?? null;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: addedTokens.map((token) => ({ id: token.id, ...addedTokenJson(token) })),
    normalizer: portableNormalizer(part("normalizer")),
    pre_tokenizer: part("pre_tokenizer"),
    post_processor: postProcessor(tokenizer),
    decoder: part("decoder"),
    model: modelFormat(model.type).write(model, vocabulary),
  };
}

/** Trims the spaces of a byte-level token from its offsets, and puts the tokens around texts. */
function postProcessor({ facts, description }: PipelineTokenizer): JsonObject | null {
  const { startIds, endIds } = description.special;
  const steps: JsonObject[] = [];
  if (facts.kind === "byte-level BPE") steps.push(byteLevel(false, true));
  if (startIds.length + endIds.length > 0) steps.push(template(description));
  return steps.length > 1 ? { type: "Sequence", processors: steps } : (steps[0] ?? null);
}

function template({ special, vocabulary }: TokenizerDescription): JsonObject {
  const name = (id: number) => vocabulary.texts[id] ?? "";
  const { single, pair } = special.template;
  const places = (list: readonly Place[]) =>
    list.map((place) =>
      "id" in place
        ? { SpecialToken: { id: name(place.id), type_id: place.type } }
        : { Sequence: { id: place.text === 0 ? "A" : "B", type_id: place.type } },
    );
  const ids = [...single, ...pair].flatMap((place) => ("id" in place ? [place.id] : []));
  return {
    type: "TemplateProcessing",
    single: places(single),
    pair: places(pair),
    special_tokens: Object.fromEntries(
      ids.map((id) => [name(id), { id: name(id), ids: [id], tokens: [name(id)] }]),
    ),
  };
}

function configJson({ description }: PipelineTokenizer, className = "PreTrainedTokenizerFast"): JsonObject {
  const { addedTokens, special } = description;
  return {
    tokenizer_class: className,
    ...specialTokensMap(description),
    ...(special.startIds.length > 0 && { add_bos_token: true }),
    add_prefix_space: false,
    clean_up_tokenization_spaces: false,
    added_tokens_decoder: Object.fromEntries(
      addedTokens.map((token) => [String(token.id), addedTokenJson(token)]),
    ),
  };
}

/** The tokens with a role, and the other control tokens. */
function specialTokensMap({ addedTokens, model, special, vocabulary }: TokenizerDescription): JsonObject {
  const ids = {
    bos_token: special.bosId,
    eos_token: special.endOfTextIds[0],
    unk_token: unknownOf(model),
  };
  const roles = Object.entries(ids).flatMap(([role, id]) => {
    const content = id === undefined ? undefined : vocabulary.texts[id];
    return content === undefined ? [] : [[role, content] as const];
  });
  const named = new Set(roles.map(([, content]) => content));
  const others = addedTokens.filter(({ content, special }) => special && !named.has(content));
  return {
    ...Object.fromEntries(roles),
    ...(others.length > 0 && { additional_special_tokens: others.map(({ content }) => content) }),
  };
}
