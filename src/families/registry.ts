/** All families. A new one is a file and a line here. */
import type { Family } from "./family.ts";
import { arcee } from "./known/arcee.ts";
import { bart } from "./known/bart.ts";
import { bert } from "./known/bert.ts";
import { bloom } from "./known/bloom.ts";
import { cohere } from "./known/cohere.ts";
import { cohere2 } from "./known/cohere2.ts";
import { cwm } from "./known/cwm.ts";
import { deepseekV2, deepseekV3, glm4MoeLite } from "./known/deepseek.ts";
import { distilbert } from "./known/distilbert.ts";
import { ernie45 } from "./known/ernie4-5.ts";
import { ernie45Moe } from "./known/ernie4-5-moe.ts";
import { exaone4 } from "./known/exaone4.ts";
import { falcon } from "./known/falcon.ts";
import { gemma } from "./known/gemma.ts";
import { gemma2 } from "./known/gemma2.ts";
import { gemma3 } from "./known/gemma3.ts";
import { gemma3n } from "./known/gemma3n.ts";
import { gemma4 } from "./known/gemma4.ts";
import { glm } from "./known/glm.ts";
import { glm4 } from "./known/glm4.ts";
import { glm4Moe } from "./known/glm4-moe.ts";
import { gptNeo } from "./known/gpt-neo.ts";
import { gptNeox } from "./known/gpt-neox.ts";
import { gptOss } from "./known/gpt-oss.ts";
import { gpt2 } from "./known/gpt2.ts";
import { gptJ } from "./known/gptj.ts";
import { granite } from "./known/granite.ts";
import { graniteHybrid } from "./known/granite-hybrid.ts";
import { helium } from "./known/helium.ts";
import { hunyuan } from "./known/hunyuan.ts";
import { lfm2 } from "./known/lfm2.ts";
import { lfm2Moe } from "./known/lfm2-moe.ts";
import { llama } from "./known/llama.ts";
import { llama4 } from "./known/llama4.ts";
import { m2m100 } from "./known/m2m100.ts";
import { marian } from "./known/marian.ts";
import { mbart } from "./known/mbart.ts";
import { minimaxM2 } from "./known/minimax-m2.ts";
import { ministral } from "./known/ministral.ts";
import { ministral3 } from "./known/ministral3.ts";
import { mistral } from "./known/mistral.ts";
import { mixtral } from "./known/mixtral.ts";
import { modernbert } from "./known/modernbert.ts";
import { nemotron } from "./known/nemotron.ts";
import { olmo2 } from "./known/olmo2.ts";
import { olmo3 } from "./known/olmo3.ts";
import { openAiGpt } from "./known/openai-gpt.ts";
import { opt } from "./known/opt.ts";
import { pegasus } from "./known/pegasus.ts";
import { phi } from "./known/phi.ts";
import { phi3 } from "./known/phi3.ts";
import { phimoe } from "./known/phimoe.ts";
import {
  qwen2Vl,
  qwen2VlText,
  qwen3VlMoeText,
  qwen3VlText,
  qwen25Vl,
  qwen25VlText,
} from "./known/qwen-vl.ts";
import { qwen2 } from "./known/qwen2.ts";
import { qwen2Moe } from "./known/qwen2-moe.ts";
import { qwen3 } from "./known/qwen3.ts";
import { qwen35 } from "./known/qwen3-5.ts";
import { qwen3Moe } from "./known/qwen3-moe.ts";
import { qwen3Next, qwen35Moe } from "./known/qwen3-next.ts";
import { camembert, roberta, xlmRoberta } from "./known/roberta.ts";
import { seedOss } from "./known/seed-oss.ts";
import { smolLm3 } from "./known/smollm3.ts";
import { stableLm } from "./known/stablelm.ts";
import { starCoder2 } from "./known/starcoder2.ts";
import { mt5, t5, t5Encoder, umt5 } from "./known/t5.ts";
import { vaultGemma } from "./known/vaultgemma.ts";

export const FAMILIES: readonly Family[] = [
  openAiGpt,
  gpt2,
  llama,
  mixtral,
  mistral,
  ministral3,
  qwen2,
  qwen3,
  qwen2Moe,
  qwen3Moe,
  glm4Moe,
  minimaxM2,
  phimoe,
  llama4,
  gptOss,
  olmo2,
  smolLm3,
  gemma,
  gemma2,
  gemma3,
  gemma3n,
  gemma4,
  glm,
  glm4,
  granite,
  cohere,
  cohere2,
  olmo3,
  exaone4,
  ernie45,
  ernie45Moe,
  arcee,
  cwm,
  helium,
  ministral,
  vaultGemma,
  qwen2Vl,
  qwen2VlText,
  qwen25Vl,
  qwen25VlText,
  qwen3VlText,
  qwen3VlMoeText,
  hunyuan,
  seedOss,
  gptNeo,
  qwen35,
  qwen35Moe,
  qwen3Next,
  graniteHybrid,
  lfm2,
  lfm2Moe,
  gptNeox,
  bloom,
  falcon,
  opt,
  phi,
  phi3,
  starCoder2,
  nemotron,
  stableLm,
  gptJ,
  bert,
  roberta,
  xlmRoberta,
  camembert,
  distilbert,
  modernbert,
  t5,
  mt5,
  umt5,
  t5Encoder,
  bart,
  mbart,
  marian,
  pegasus,
  m2m100,
  deepseekV2,
  deepseekV3,
  glm4MoeLite,
];
