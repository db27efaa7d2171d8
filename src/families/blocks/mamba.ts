/** Mamba 2 (Dao & Gu 2024) in the files of families that have it. */
import type { DecoderConfig, LayerConfig } from "../../model/config.ts";
import type { MambaConfig } from "../../model/recurrent/config.ts";
import { LIMITS } from "../fields.ts";
import { count, flag, key, optionalCount } from "../keys.ts";
import type { StoredConfig } from "../stored-config.ts";

export const mambaIn = ({ layers }: DecoderConfig): MambaConfig | undefined =>
  layers.flatMap(({ mixer }) => (mixer.kind === "mamba" ? [mixer] : []))[0];

export const headsOfMamba = ({ mixer }: LayerConfig): number => (mixer.kind === "mamba" ? mixer.nHead : 0);

export const someTensor =
  (end: string) =>
  ({ tensors }: StoredConfig): boolean =>
    [...tensors.keys()].some((name) => name.endsWith(end));

export const MAMBA_KEYS = {
  nMambaHead: key({
    json: "mamba_n_heads",
    gguf: "ssm.time_step_rank",
    kind: count(LIMITS.heads),
    of: (config) => mambaIn(config)?.nHead,
  }),
  mambaHeadDim: key<number | undefined>({
    json: "mamba_d_head",
    gguf: ({ fields }) =>
      fields.count("ssm.inner_size", LIMITS.width) / fields.count("ssm.time_step_rank", LIMITS.heads),
    kind: {
      ...optionalCount(LIMITS.width),
      read: ({ fields }, name) =>
        fields.is(name, "auto") || !fields.has(name) ? undefined : fields.count(name, LIMITS.width),
    },
    of: (config) => mambaIn(config)?.headDim,
  }),
  innerSize: key<number | undefined>({
    gguf: "ssm.inner_size",
    kind: optionalCount(LIMITS.width),
    of: (config) => {
      const mamba = mambaIn(config);
      return mamba && mamba.nHead * mamba.headDim;
    },
  }),
  stateDim: key({
    json: "mamba_d_state",
    gguf: "ssm.state_size",
    kind: count(LIMITS.width),
    of: (config) => mambaIn(config)?.stateDim,
  }),
  nGroup: key({
    json: "mamba_n_groups",
    gguf: "ssm.group_count",
    kind: count(LIMITS.heads),
    of: (config) => mambaIn(config)?.nGroup,
  }),
  taps: key({
    json: "mamba_d_conv",
    gguf: "ssm.conv_kernel",
    kind: count(LIMITS.taps),
    of: (config) => mambaIn(config)?.taps,
  }),
  convolutionBias: key({
    json: "mamba_conv_bias",
    gguf: someTensor(".ssm_conv1d.bias"),
    kind: flag,
    of: (config) => mambaIn(config)?.convolutionBias,
  }),
  mambaBias: key({
    json: "mamba_proj_bias",
    gguf: someTensor(".ssm_in.bias"),
    kind: flag,
    of: (config) => mambaIn(config)?.bias,
  }),
};

interface MambaValues {
  readonly nEmbd: number;
  readonly nMambaHead: number;
  readonly mambaHeadDim: number | undefined;
  readonly stateDim: number;
  readonly nGroup: number;
  readonly taps: number;
  readonly convolutionBias: boolean;
  readonly mambaBias: boolean;
  readonly normEpsilon: number;
}

/** @throws GptError `invalid-file` for sizes that do not divide each other */
export function mambaOf(values: MambaValues, stored: StoredConfig): MambaConfig {
  const { nEmbd, nMambaHead: nHead, stateDim, nGroup, taps, convolutionBias, mambaBias: bias } = values;
  const expanded = () => stored.fields.count("mamba_expand", LIMITS.width, 2) * nEmbd;
  const headDim = values.mambaHeadDim ?? expanded() / nHead;
  if (!Number.isInteger(headDim)) throw stored.wrong("nMambaHead", "expected a divisor of the inner width");
  if (nHead % nGroup !== 0) throw stored.wrong("nGroup", `expected a divisor of the heads, ${nHead}`);
  return {
    kind: "mamba",
    nHead,
    headDim,
    stateDim,
    nGroup,
    taps,
    convolutionBias,
    bias,
    epsilon: values.normEpsilon,
  };
}
