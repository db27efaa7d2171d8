/** BERT-base with random weights, and the text that is embedded. */
import { bertBase, bertConfig, bertTensors, bertText, bertVocabulary } from "../checkpoint/bert.js";
import { bertOnnx } from "../checkpoint/onnx-bert.js";
import { checkpointFolder, writeRandomModel } from "../checkpoint/random-model.js";

export const graphFile = "model.onnx";
export const folder = checkpointFolder("bert-base");

/** @param {string} directory @param {import("../checkpoint/bert.js").BertShape} shape */
export const writeBert = (directory, shape) =>
  writeRandomModel(directory, {
    config: bertConfig(shape),
    tensors: bertTensors(shape),
    deviation: () => 0.02,
    files: {
      "vocab.txt": bertVocabulary(shape.vocab_size),
      "tokenizer_config.json": JSON.stringify({ tokenizer_class: "BertTokenizer", do_lower_case: true }),
      // As sentence-transformers says that the states' mean, of length 1, is the embedding.
      "modules.json": JSON.stringify([
        { idx: 0, name: "0", path: "", type: "sentence_transformers.models.Transformer" },
        { idx: 1, name: "1", path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
        { idx: 2, name: "2", path: "2_Normalize", type: "sentence_transformers.models.Normalize" },
      ]),
      "1_Pooling/config.json": JSON.stringify({
        word_embedding_dimension: shape.hidden_size,
        pooling_mode_mean_tokens: true,
      }),
    },
    graphs: { [graphFile]: (file, places) => bertOnnx(shape, file, places) },
  });

export const tokens = 128;
/** One text for all: its tokens are known without a tokenizer. */
export const input = bertText(tokens, bertBase.vocab_size);
