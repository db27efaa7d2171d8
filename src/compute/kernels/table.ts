/**
 * The kernels by name, with their arguments, and the constants of assembly/. The build generates them from
 * the sources there.
 */
export {
  ARGUMENT_SLOTS,
  ARGUMENTS,
  BLOCK_POSITIONS,
  BLOCK_ROW,
  CONTROL_BYTES,
  EXPANDED_BYTES,
  EXPERT_SCRATCH,
  FAILED,
  GgmlType,
  GRADIENT_CHUNK,
  GROUP_RECORD,
  INPUT_BLOCK,
  ITEM_MULTIPLY_ADDS,
  type Kernel,
  type KernelExports,
  KvType,
  kernels,
  NO_TARGET,
  NORM_BLOCK,
  PANEL,
  QUANTIZED_TILE,
  QUERY_GROUP,
  SCALED_DIMENSIONS,
  Scores,
  SINGLE_ROWS,
  STATE_COLUMNS,
  STREAM_BLOCK,
  TILE,
} from "../../../build/kernels.js";
